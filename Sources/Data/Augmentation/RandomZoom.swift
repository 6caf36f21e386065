public import PinionTensor

/// Makes an image smaller or larger about its centre by random factors.
///
/// A factor f takes 1 + f times the image's extent into the frame: positive factors zoom out, negative ones
/// in. As Keras 3's `RandomZoom`.
public struct RandomZoom: GeometricAugmentation {
  /// The factors of the height.
  public var height: RandomRange
  /// The factors of the width; nil for those of the height, which keeps the aspect ratio.
  public var width: RandomRange?
  /// What lies outside the image.
  public var fill: FillMode
  /// What lies between pixels.
  public var interpolation: Interpolation

  /// Zooms by up to `factor` either way, the aspect ratio kept.
  public init(
    _ factor: Double, fill: FillMode = .reflect, interpolation: Interpolation = .bilinear
  ) {
    height = RandomRange(magnitude: factor)
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Zooms by factors of a range for each axis, or of one for both, then with the aspect ratio kept.
  public init(
    height: ClosedRange<Double>, width: ClosedRange<Double>? = nil, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.height = RandomRange(height)
    self.width = width.map { RandomRange($0) }
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Factors lie above −1, up to 1.
  public func validate(imageShape: Shape) throws(ArgumentError) {
    let limits = (-1.0).nextUp...1
    try height.validate("the factors of a zoom of the height", within: limits)
    try width?.validate("the factors of a zoom of the width", within: limits)
    try fill.validate()
  }

  /// The fill and the interpolation.
  public var sampling: ImageSampling { ImageSampling(fill: fill, interpolation: interpolation) }

  /// (x, y) ↦ ((1 + f_width)·x, (1 + f_height)·y) about the centre.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let vertical = 1 + self.height.draw(from: &random)
    let horizontal = self.width.map { 1 + $0.draw(from: &random) } ?? vertical
    return ImageTransform(xx: horizontal, yy: vertical, height: height, width: width)
  }
}
