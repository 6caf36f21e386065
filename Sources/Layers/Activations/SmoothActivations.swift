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

/// f(z) = z / (1 + |z|), with f′ = (1 − |f|)². As Keras 3's `softsign`.
public struct Softsign: ActivationFunction {
  public init() {}

  /// f(z) is in −1…1.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by z / (1 + |z|); ±∞ give ±1.
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_softsign(values.base, values.count)
  }

  /// Replaces dy by dy·(1 − |y|)².
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_softsign_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == Softsign {
  /// f(z) = z / (1 + |z|).
  public static var softsign: Softsign { Softsign() }
}

/// f(z) = log(1 + exp(z)), with f′ = 1 − exp(−f). As Keras 3's `softplus`.
public struct Softplus: ActivationFunction {
  public init() {}

  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by log(1 + exp(z)), for any z without overflow.
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_softplus(values.base, values.count)
  }

  /// Replaces dy by dy·(1 − exp(−y)).
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_softplus_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == Softplus {
  /// f(z) = log(1 + exp(z)).
  public static var softplus: Softplus { Softplus() }
}

/// f(z) = exp(z) = f′. As Keras 3's `exponential`.
public struct Exponential: ActivationFunction {
  public init() {}

  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by exp(z); infinite from z = 88.73 on.
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_exponential(values.base, values.count)
  }

  /// Replaces dy by dy·y.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_exponential_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == Exponential {
  /// f(z) = exp(z).
  public static var exponential: Exponential { Exponential() }
}
