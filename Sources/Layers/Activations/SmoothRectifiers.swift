internal import CPinionKernels
public import PinionTensor

/// f(z) = z·σ(z), σ(z) = 1 / (1 + exp(−z)), also known as swish; f′ = σ + z·σ·(1 − σ). As Keras 3's
/// `silu` (Elfwing et al. 2018).
public struct SiLU: ActivationFunction {
  public init() {}

  public var gradientReads: ActivationGradientSource { .input }

  /// f(z) > −0.28.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by z·σ(z); −∞ gives 0.
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_silu(values.base, values.count)
  }

  /// Replaces dy by dy·(σ + z·σ·(1 − σ)).
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_silu_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == SiLU {
  /// f(z) = z / (1 + exp(−z)).
  public static var silu: SiLU { SiLU() }

  /// ``silu`` under its other name.
  public static var swish: SiLU { SiLU() }
}

/// f(z) = z·t, t = tanh(log(1 + exp(z))); f′ = t + z·(1 − t²)·σ(z). As Keras 3's
/// `mish` (Misra 2019).
public struct Mish: ActivationFunction {
  public init() {}

  public var gradientReads: ActivationGradientSource { .input }

  /// f(z) > −0.31.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by z·t; −∞ gives 0.
  public func apply(to values: MemoryView<Float>, width: Int) {
    pinion_mish(values.base, values.count)
  }

  /// Replaces dy by dy·(t + z·(1 − t²)·σ(z)).
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    pinion_mish_gradient(gradient.base, values.base, values.count)
  }
}

extension ActivationFunction where Self == Mish {
  /// f(z) = z·tanh(log(1 + exp(z))).
  public static var mish: Mish { Mish() }
}

/// f(z) = z·Φ(z), Φ the cumulative distribution function of the standard normal distribution and φ
/// its density; f′ = Φ + z·φ. Or, approximately, f(z) = z·(1 + tanh(√(2/π)·(z + 0.044715·z³))) / 2.
/// As Keras 3's `gelu` (Hendrycks and Gimpel 2016).
public struct GELU: ActivationFunction {
  /// Whether Φ is approximated by tanh. Default: false.
  public var approximate: Bool

  public init(approximate: Bool = false) { self.approximate = approximate }

  public var gradientReads: ActivationGradientSource { .input }

  /// f(z) > −0.17.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces z by f(z); −∞ gives 0.
  public func apply(to values: MemoryView<Float>, width: Int) {
    if approximate {
      pinion_gelu_tanh(values.base, values.count)
    } else {
      pinion_gelu(values.base, values.count)
    }
  }

  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    requireEqualCounts(gradient, values)
    if approximate {
      pinion_gelu_tanh_gradient(gradient.base, values.base, values.count)
    } else {
      pinion_gelu_gradient(gradient.base, values.base, values.count)
    }
  }
}

extension ActivationFunction where Self == GELU {
  /// f(z) = z·Φ(z).
  public static var gelu: GELU { GELU() }

  /// f(z) = z·Φ(z), with Φ approximated by tanh if requested.
  public static func gelu(approximate: Bool) -> GELU { GELU(approximate: approximate) }
}
