public import PinionTensor

/// The weighted mean of two samples: λ·first + (1 − λ)·other, λ from the beta distribution of α and α.
///
/// Source: Zhang, Cissé, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", 2018. Unlike in Keras 3's `MixUp`, the
/// other sample may come from any batch.
public struct MixUp: SampleMixing {
  /// α: the smaller, the nearer λ lies to 0 or 1.
  public var alpha: Double

  /// Mixtures of the given α. Default: 0.2.
  public init(alpha: Double = 0.2) { self.alpha = alpha }

  /// α is positive and finite.
  public func validate(imageShape: Shape) throws(ArgumentError) {
    try Self.validate(alpha: alpha, of: "MixUp")
  }

  static func validate(alpha: Double, of name: String) throws(ArgumentError) {
    guard alpha > 0, alpha.isFinite else {
      throw ArgumentError(
        place: "α of \(name)", expected: "a positive number", found: "\(alpha)")
    }
  }

  /// image ← λ·image + (1 − λ)·other; returns λ.
  public func mix(
    _ image: ImageView, with other: ImageView, random: inout RandomStream.Generator
  ) -> Float {
    let weight = Float(random.beta(alpha, alpha))
    let pixels = image.pixels.base
    let others = other.pixels.base
    for i in 0..<image.pixels.count { pixels[i] = weight * pixels[i] + (1 - weight) * others[i] }
    return weight
  }
}
