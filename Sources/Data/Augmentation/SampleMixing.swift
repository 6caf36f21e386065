public import PinionTensor

/// A random mixture of a sample with another one, for data with one-hot targets.
///
/// The other sample, the partner, is drawn from the data set that is trained on, which may be a
/// part of the one that is augmented; earlier image augmentations of the list have been applied to
/// it.
public protocol SampleMixing: AugmentationStep {
  /// Mixes `other`, of the same size, into `image`, in place, and returns the weight w of the first
  /// sample.
  ///
  /// The target becomes w·first + (1 − w)·other. The result depends on the images and `random`
  /// alone, as that of an ``ImageAugmentation``.
  func mix(
    _ image: ImageView, with other: ImageView, random: inout RandomStream.Generator
  ) -> Float
}

/// The weighted mean of two samples: λ·first + (1 − λ)·other, λ ~ Beta(α, α).
///
/// Unlike in Keras 3's `MixUp`, the other sample may be of any batch. Source: Zhang, Cissé, Dauphin
/// and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", 2018.
public struct MixUp: SampleMixing {
  /// α, positive and finite. A small α makes λ close to 0 or 1.
  public var alpha: Double

  /// Default: α = 0.2.
  public init(alpha: Double = 0.2) { self.alpha = alpha }

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
    let pixels = unsafe image.pixels.base
    let others = unsafe other.pixels.base
    for i in 0..<image.pixels.count {
      unsafe pixels[i] = unsafe weight * pixels[i] + (1 - weight) * others[i]
    }
    return weight
  }
}

/// Replaces a rectangle of the first image by the same rectangle of the other one.
///
/// The rectangle's sides are √(1 − λ) of the image's, rounded down, λ ~ Beta(α, α). It is centered
/// on a random pixel and clipped at the edges. The targets are weighted by area.
///
/// Source: Yun, Han, Oh, Chun, Choe and Yoo, "CutMix", ICCV 2019, section 3.1 and appendix A.
public struct CutMix: SampleMixing {
  /// α, positive and finite. A small α makes the area close to 0 or to that of the image.
  public var alpha: Double

  /// Default: α = 1, for which all areas are equally likely.
  public init(alpha: Double = 1) { self.alpha = alpha }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try MixUp.validate(alpha: alpha, of: "CutMix")
  }

  /// Copies the rectangle; returns the fraction of the area outside it.
  public func mix(
    _ image: ImageView, with other: ImageView, random: inout RandomStream.Generator
  ) -> Float {
    let side = (1 - random.beta(alpha, alpha)).squareRoot()
    let rows = Self.section(of: image.height, side: side, random: &random)
    let columns = Self.section(of: image.width, side: side, random: &random)
    for y in rows {
      let start = (y * image.width + columns.lowerBound) * image.channels
      let range = start..<start + columns.count * image.channels
      image.pixels[range].copy(from: other.pixels[range])
    }
    return 1 - Float(rows.count * columns.count) / Float(image.height * image.width)
  }

  private static func section(
    of length: Int, side: Double, random: inout RandomStream.Generator
  ) -> Range<Int> {
    let size = Int(Double(length) * side)
    let start = random.next(below: length) - size / 2
    return max(0, start)..<min(start + size, length)
  }
}
