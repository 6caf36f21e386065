public import PinionTensor

/// f(z) = max(z, 0). Its derivative at 0 is taken as 0; NaN stays NaN.
public struct ReLU: ActivationFunction {
  /// The rectifier.
  public init() {}

  /// 0.
  public var slopeBelowZero: Float? { 0 }

  /// No: up to any size.
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
