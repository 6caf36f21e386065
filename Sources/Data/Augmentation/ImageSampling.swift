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
