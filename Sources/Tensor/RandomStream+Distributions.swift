internal import Glibc

extension RandomStream.Generator {
  /// A number spread evenly over [0, 1): the upper 53 of the next 64 bits, times 2⁻⁵³.
  public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A normally distributed number of mean 0 and standard deviation 1: √(−2 ln (1 − u₁))·cos 2πu₂.
  ///
  /// Source: Box and Muller, "A Note on the Generation of Random Normal Deviates", 1958.
  public mutating func normal() -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// A number in [0, 1] from the beta distribution, of density ∝ x^(α−1)·(1 − x)^(β−1): x/(x + y) of two
  /// gamma numbers.
  ///
  /// The two are drawn as logarithms, for with small parameters both may be too small for a `Double`. Traps
  /// unless both parameters are positive and finite.
  public mutating func beta(_ alpha: Double, _ beta: Double) -> Double {
    require(
      alpha > 0 && alpha.isFinite && beta > 0 && beta.isFinite,
      "beta numbers of parameters \(alpha) and \(beta)")
    let first = logGamma(shape: alpha)
    let second = logGamma(shape: beta)
    return 1 / (1 + exp(second - first))
  }

  /// The logarithm of a number from the gamma distribution, of density ∝ x^(shape−1)·e^(−x).
  ///
  /// Source: Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 2000; its note
  /// at the end of section 3 for shapes below 1.
  mutating func logGamma(shape: Double) -> Double {
    guard shape >= 1 else {
      let power = log(1 - uniform()) / shape
      return logGamma(shape: shape + 1) + power
    }
    let d = shape - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let root = 1 + c * x
      guard root > 0 else { continue }
      let logV = 3 * log(root)
      if log(1 - uniform()) < 0.5 * x * x + d - d * root * root * root + d * logV {
        return log(d) + logV
      }
    }
  }
}
