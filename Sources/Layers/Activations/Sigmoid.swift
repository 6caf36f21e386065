internal import CPinionKernels
public import PinionTensor

/// f(z) = 1 / (1 + exp(−z)), with f′ = f·(1 − f).
public struct Sigmoid: ActivationFunction {
  public init() {}

  /// The arguments are the logits of the probabilities.
  public var logitsLink: LogitsLink? { .sigmoid }

  public var yieldsProbabilities: Bool? { true }

  /// Replaces z by 1 / (1 + exp(−z)).
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_sigmoid(values.base, values.count)
  }

  /// Replaces dy by dy·y·(1 − y).
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_sigmoid_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == Sigmoid {
  /// f(z) = 1 / (1 + exp(−z)).
  public static var sigmoid: Sigmoid { Sigmoid() }
}

/// f(z) = tanh z, with f′ = 1 − f².
public struct Tanh: ActivationFunction {
  public init() {}

  /// f(z) is in −1…1.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by tanh z.
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_tanh(values.base, values.count)
  }

  /// Replaces dy by dy·(1 − y²).
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_tanh_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == Tanh {
  /// f(z) = tanh z.
  public static var tanh: Tanh { Tanh() }
}
