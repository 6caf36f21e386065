internal import Glibc
public import PinionTensor

/// f(z) = tanh z, with f′ = 1 − f².
public struct Tanh: ActivationFunction {
  /// The hyperbolic tangent.
  public init() {}

  /// No: from −1 to 1.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by tanh z.
  public func apply(to values: MemoryView<Float>, width: Int) {
    let z = values.base
    for i in 0..<values.count { z[i] = tanhf(z[i]) }
  }

  /// Replaces dy by dy·(1 − y²).
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    require(gradient.count == values.count, "gradient and values differ in length")
    let (dy, y) = (gradient.base, values.base)
    for i in 0..<values.count { dy[i] *= 1 - y[i] * y[i] }
  }
}

extension ActivationFunction where Self == Tanh {
  /// f(z) = tanh z.
  public static var tanh: Tanh { Tanh() }
}
