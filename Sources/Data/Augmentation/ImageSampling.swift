internal import PinionTensor

/// How a transformed image's values are taken out of the image.
public struct ImageSampling: Sendable, Equatable {
  /// What lies outside the image; nil if that is never asked, as by a flip.
  public var fill: FillMode?
  /// What lies between the pixels; nil if that is never asked, as by a crop.
  public var interpolation: Interpolation?

  /// A way of sampling.
  public init(fill: FillMode? = nil, interpolation: Interpolation? = nil) {
    self.fill = fill
    self.interpolation = interpolation
  }

  /// The way that suits both, or nil if there is none.
  func merged(with other: ImageSampling) -> ImageSampling? {
    if let fill, let otherFill = other.fill, fill != otherFill { return nil }
    if let interpolation, let otherInterpolation = other.interpolation,
      interpolation != otherInterpolation
    {
      return nil
    }
    return ImageSampling(
      fill: fill ?? other.fill, interpolation: interpolation ?? other.interpolation)
  }
}

/// What lies outside an image, written for the row `a b c d`, under the names of Keras 3.
public enum FillMode: Sendable, Equatable, Codable {
  /// The image in a mirror at its edge: `d c b a | a b c d | d c b a`.
  case reflect
  /// The image again: `a b c d | a b c d | a b c d`.
  case wrap
  /// The nearest pixel: `a a a a | a b c d | d d d d`.
  case nearest
  /// One value: `k k k k | a b c d | k k k k`.
  case constant(value: Float)
}

extension FillMode {
  /// Throws ``ArgumentError`` if the constant is not finite: a weight of zero would not keep NaN out of the
  /// image.
  func validate() throws(ArgumentError) {
    guard case .constant(let value) = self, !value.isFinite else { return }
    throw ArgumentError(
      place: "the constant outside the image", expected: "a finite number", found: "\(value)")
  }
}

/// What lies between the pixels of an image.
public enum Interpolation: String, Sendable, Equatable, Codable, CaseIterable {
  /// The nearest pixel; the right or lower one in the middle between two.
  case nearest
  /// The mean of the four pixels around, each weighted by its nearness along both axes.
  case bilinear
}
