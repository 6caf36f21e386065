public import PinionTensor

/// A rectangle of another image put into the first, at the same place.
///
/// The rectangle has √(1 − λ) of the image's height and width, rounded down, λ from the beta distribution
/// of α and α, and lies around a random pixel; what of it lies outside is lost. The targets' weights are
/// the parts of the area.
///
/// Source: Yun, Han, Oh, Chun, Choe and Yoo, "CutMix", ICCV 2019, section 3.1 and appendix A.
public struct CutMix: SampleMixing {
  /// α: the smaller, the smaller or larger the rectangles.
  public var alpha: Double

  /// Mixtures of the given α. Default: 1, at which all areas are equally likely.
  public init(alpha: Double = 1) { self.alpha = alpha }

  /// α is positive and finite.
  public func validate(imageShape: Shape) throws(ArgumentError) {
    try MixUp.validate(alpha: alpha, of: "CutMix")
  }

  /// Copies the rectangle; returns the part of the image's area outside it.
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
