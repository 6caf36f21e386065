public import PinionTensor

/// f(z) = z for z > 0, a·z else, with the negative slope a. Its derivative at 0 is taken as a.
public struct LeakyReLU: ActivationFunction {
  /// The slope a, zero or positive.
  public var negativeSlope: Float

  /// The leaky rectifier; the default slope is that of Keras's function `leaky_relu`, 0.2.
  public init(negativeSlope: Float = 0.2) { self.negativeSlope = negativeSlope }

  /// a.
  public var slopeBelowZero: Float? { negativeSlope }

  /// No: any number.
  public var yieldsProbabilities: Bool? { false }

  /// The slope must be zero or positive, and finite: below zero the value's sign would not tell the
  /// argument's.
  public func validate() throws {
    try LayerError.require(
      negativeSlope >= 0 && negativeSlope.isFinite,
      "the negative slope must be zero or positive, and finite", received: "\(negativeSlope)")
  }

  /// Replaces z by f(z).
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
