internal import CPinionKernels
public import PinionTensor

/// f(z) = z for z > 0, α·(exp(z) − 1) else; f′ = 1, or f + α. Its derivative at 0 is taken as α. As
/// Keras 3's `elu` (Clevert et al. 2016).
public struct ELU: ActivationFunction {
  /// α, positive. Default: 1.
  public var alpha: Float

  public init(alpha: Float = 1) { self.alpha = alpha }

  /// f(z) > −α.
  public var yieldsProbabilities: Bool? { false }

  /// Throws unless α is positive and finite: otherwise the sign of the value does not determine
  /// that of the argument.
  public func validate() throws {
    try LayerError.require(
      alpha > 0 && alpha.isNormal, "alpha must be positive and finite", received: "\(alpha)")
  }

  private var unit: pinion_exponential_unit {
    pinion_exponential_unit(slope: 1, height: alpha, rate: 1)
  }

  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_elu(values.base, values.count, unit)
  }

  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_elu_gradient(gradient.base, values.base, values.count, unit)
  }
}

extension ActivationFunction where Self == ELU {
  /// f(z) = z for z > 0, exp(z) − 1 else.
  public static var elu: ELU { ELU() }

  /// f(z) = z for z > 0, α·(exp(z) − 1) else.
  public static func elu(alpha: Float) -> ELU { ELU(alpha: alpha) }
}

/// f(z) = z for z > 0, α·(exp(z/α) − 1) else; f′ = 1, or f/α + 1. As Keras 3's
/// `celu` (Barron 2017).
public struct CELU: ActivationFunction {
  /// α, positive. Default: 1.
  public var alpha: Float

  public init(alpha: Float = 1) { self.alpha = alpha }

  /// f(z) > −α.
  public var yieldsProbabilities: Bool? { false }

  /// Throws unless α is positive and finite: otherwise the sign of the value does not determine
  /// that of the argument.
  public func validate() throws {
    try LayerError.require(
      alpha > 0 && alpha.isNormal, "alpha must be positive and finite", received: "\(alpha)")
  }

  private var unit: pinion_exponential_unit {
    pinion_exponential_unit(slope: 1, height: alpha, rate: 1 / alpha)
  }

  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_elu(values.base, values.count, unit)
  }

  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_elu_gradient(gradient.base, values.base, values.count, unit)
  }
}

extension ActivationFunction where Self == CELU {
  /// f(z) = z for z > 0, exp(z) − 1 else.
  public static var celu: CELU { CELU() }

  /// f(z) = z for z > 0, α·(exp(z/α) − 1) else.
  public static func celu(alpha: Float) -> CELU { CELU(alpha: alpha) }
}

/// f(z) = λ·z for z > 0, λ·α·(exp(z) − 1) else, with the λ = 1.0507 and α = 1.6733 that keep means
/// of 0 and variances of 1; f′ = λ, or f + λ·α. As Keras 3's `selu` (Klambauer et al. 2017).
public struct SELU: ActivationFunction {
  public init() {}

  /// f(z) > −1.76.
  public var yieldsProbabilities: Bool? { false }

  private var unit: pinion_exponential_unit {
    pinion_exponential_unit(slope: 1.050_701, height: 1.758_099_3, rate: 1)
  }

  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_elu(values.base, values.count, unit)
  }

  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_elu_gradient(gradient.base, values.base, values.count, unit)
  }
}

extension ActivationFunction where Self == SELU {
  /// f(z) = 1.0507·z for z > 0, 1.7581·(exp(z) − 1) else.
  public static var selu: SELU { SELU() }
}
