public import PinionTensor

/// f(z) = z: no activation.
public struct Linear: ActivationFunction {
  /// The identity.
  public init() {}

  /// Always.
  public var isIdentity: Bool { true }

  /// No: any number.
  public var yieldsProbabilities: Bool? { false }

  /// Leaves the values as they are.
  public func apply(to values: MemoryView<Float>, width: Int) {}

  /// Leaves the gradient as it is.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {}
}

extension ActivationFunction where Self == Linear {
  /// f(z) = z: no activation.
  public static var linear: Linear { Linear() }
}
