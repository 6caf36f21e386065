internal import CPinionKernels
public import PinionTensor

/// f(z) = (z + 3) / 6 clamped to 0…1; f′ = 1/6 where it is not clamped, else 0. As Keras 3's
/// `hard_sigmoid`; that of Keras 2 was 0.2·z + 0.5.
public struct HardSigmoid: ActivationFunction {
  public init() {}

  public var yieldsProbabilities: Bool? { true }

  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_hard_sigmoid(values.base, values.count)
  }

  /// Replaces dy by dy/6 where 0 < y < 1, else 0.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_hard_sigmoid_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == HardSigmoid {
  /// f(z) = (z + 3) / 6 clamped to 0…1.
  public static var hardSigmoid: HardSigmoid { HardSigmoid() }
}

/// f(z) = z·h(z) with the hard sigmoid h(z), (z + 3) / 6 clamped to 0…1; f′ = (2z + 3) / 6 for −3 <
/// z < 3, 0 below and 1 above. As Keras 3's `hard_silu` (Howard et al. 2019).
public struct HardSwish: ActivationFunction {
  public init() {}

  public var gradientReads: ActivationGradientSource { .input }

  /// f(z) ≥ −0.375.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by f(z); −∞ gives 0.
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_hard_swish(values.base, values.count)
  }

  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_hard_swish_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == HardSwish {
  /// f(z) = z·h(z) with the hard sigmoid h.
  public static var hardSwish: HardSwish { HardSwish() }
}

/// f(z) = z clamped to 0…6; f′ = 1 for 0 < z < 6, else 0; NaN stays NaN. As Keras 3's `relu6`.
public struct ReLU6: ActivationFunction {
  private static let bound: Float = 6

  public init() {}

  /// f(z) is in 0…6.
  public var yieldsProbabilities: Bool? { false }

  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_bounded_relu(values.base, values.count, Self.bound)
  }

  /// Replaces dy by dy where 0 < y < 6, else 0.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_bounded_relu_gradient(gradient.base, values.base, values.count, Self.bound)
  }
}

extension ActivationFunction where Self == ReLU6 {
  /// f(z) = z clamped to 0…6.
  public static var relu6: ReLU6 { ReLU6() }
}
