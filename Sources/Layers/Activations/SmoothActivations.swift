internal import CPinionKernels
public import PinionTensor

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
