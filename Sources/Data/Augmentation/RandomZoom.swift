public import PinionTensor

/// Scales an image about its center by random factors, as Keras 3's `RandomZoom`.
///
/// A factor f shows 1 + f times the image's extent: positive factors zoom out, negative ones in.
public struct RandomZoom: GeometricAugmentation {
  /// The factors of the height: greater than −1, at most 1.
  public var height: RandomRange
  /// The factors of the width; nil to use the height's factor, which keeps the aspect ratio.
  public var width: RandomRange?
  /// Values outside the image.
  public var fill: FillMode
  public var interpolation: Interpolation

  /// Factors from −`factor` to `factor`, with the aspect ratio kept.
  public init(
    _ factor: Double, fill: FillMode = .reflect, interpolation: Interpolation = .bilinear
  ) {
    height = RandomRange(magnitude: factor)
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Factors in a range for each axis; without `width` the aspect ratio is kept.
  public init(
    height: ClosedRange<Double>, width: ClosedRange<Double>? = nil, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.height = RandomRange(height)
    self.width = width.map { RandomRange($0) }
    self.fill = fill
    self.interpolation = interpolation
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    let limits = (-1.0).nextUp...1
    try height.validate("the factors of a zoom of the height", within: limits)
    try width?.validate("the factors of a zoom of the width", within: limits)
    try fill.validate()
  }

  public var sampling: ImageSampling { ImageSampling(fill: fill, interpolation: interpolation) }

  /// (x, y) ↦ ((1 + f_width)·x, (1 + f_height)·y) about the center.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let vertical = 1 + self.height.draw(from: &random)
    let horizontal = self.width.map { 1 + $0.draw(from: &random) } ?? vertical
    return ImageTransform(xx: horizontal, yy: vertical, height: height, width: width)
  }
}
