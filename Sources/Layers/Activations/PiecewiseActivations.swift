internal import CPinionKernels
public import PinionTensor

/// f(z) = max(z, 0). Its derivative at 0 is taken as 0; NaN stays NaN.
public struct ReLU: ActivationFunction {
  public init() {}

  /// 0.
  public var slopeBelowZero: Float? { 0 }

  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by max(z, 0).
  public func apply(to values: MemoryView<Float>, width: Int) {
    Rectifier.apply(slope: 0, to: values)
  }

  /// Replaces z by max(z + b, 0) in one pass.
  public func apply(to values: MemoryView<Float>, bias: MemoryView<Float>) {
    Rectifier.apply(slope: 0, to: values, bias: bias)
  }

  /// Replaces dy by dy where y > 0, else 0.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    Rectifier.applyGradient(slope: 0, to: gradient, values: values)
  }
}

extension ActivationFunction where Self == ReLU {
  /// f(z) = max(z, 0).
  public static var relu: ReLU { ReLU() }
}

/// f(z) = z for z > 0, a·z else, with the negative slope a. Its derivative at 0 is taken as a.
public struct LeakyReLU: ActivationFunction {
  /// The slope a, zero or positive.
  public var negativeSlope: Float

  /// The default is that of Keras's function `leaky_relu`.
  public init(negativeSlope: Float = 0.2) { self.negativeSlope = negativeSlope }

  /// a.
  public var slopeBelowZero: Float? { negativeSlope }

  public var yieldsProbabilities: Bool? { false }

  /// Throws unless the slope is 0 or more and finite: with a negative one the sign of the value
  /// does not determine that of the argument.
  public func validate() throws {
    try LayerError.require(
      negativeSlope >= 0 && negativeSlope.isFinite,
      "the negative slope must be zero or positive, and finite", received: "\(negativeSlope)")
  }

  public func apply(to values: MemoryView<Float>, width: Int) {
    Rectifier.apply(slope: negativeSlope, to: values)
  }

  /// Replaces z by f(z + b) in one pass.
  public func apply(to values: MemoryView<Float>, bias: MemoryView<Float>) {
    Rectifier.apply(slope: negativeSlope, to: values, bias: bias)
  }

  /// Replaces dy by dy where y > 0, else a·dy.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    Rectifier.applyGradient(slope: negativeSlope, to: gradient, values: values)
  }
}

extension ActivationFunction where Self == LeakyReLU {
  /// f(z) = z for z > 0, 0.2·z else.
  public static var leakyReLU: LeakyReLU { LeakyReLU() }

  /// f(z) = z for z > 0, a·z else.
  public static func leakyReLU(negativeSlope: Float) -> LeakyReLU {
    LeakyReLU(negativeSlope: negativeSlope)
  }
}

/// The loops of functions with a slope below zero: f(z) = z for z > 0, a·z for z < 0.
enum Rectifier {
  static func apply(slope: Float, to values: MemoryView<Float>) {
    pinion_rectify(values.base, 1, values.count, nil, slope)
  }

  /// Replaces z by f(z + b), for rows as wide as the bias.
  static func apply(slope: Float, to values: MemoryView<Float>, bias: MemoryView<Float>) {
    let width = bias.count
    guard width > 0 else { return }
    require(values.count % width == 0, "values that are not whole rows")
    pinion_rectify(values.base, values.count / width, width, bias.base, slope)
  }

  /// Replaces dy by dy where y > 0, else a·dy.
  static func applyGradient(
    slope: Float, to gradient: MemoryView<Float>, values: MemoryView<Float>
  ) {
    requireEqualCounts(gradient, values)
    pinion_rectify_gradient(gradient.base, values.base, values.count, slope)
  }
}

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
