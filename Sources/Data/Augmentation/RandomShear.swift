public import PinionTensor

/// Shifts an image's rows against each other, its columns, or both, by random factors.
///
/// A factor 0.3 shifts a row by 0.3 pixels against the next. About the centre, unlike Keras 3's
/// `RandomShear`, which keeps the upper left corner in its place and so moves the image aside, too.
public struct RandomShear: GeometricAugmentation {
  /// The factors along rows.
  public var x: RandomRange
  /// The factors along columns.
  public var y: RandomRange
  /// What lies outside the image.
  public var fill: FillMode
  /// What lies between pixels.
  public var interpolation: Interpolation

  /// Shears by up to `x` along rows and up to `y` along columns, either way. Default: not at all.
  public init(
    x: Double = 0, y: Double = 0, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.x = RandomRange(magnitude: x)
    self.y = RandomRange(magnitude: y)
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Shears by factors of a range for each axis.
  public init(
    x: ClosedRange<Double>, y: ClosedRange<Double>, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.x = RandomRange(x)
    self.y = RandomRange(y)
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Factors lie in ±1.
  public func validate(imageShape: Shape) throws(ArgumentError) {
    try x.validate("the factors of a shear along rows", within: -1...1)
    try y.validate("the factors of a shear along columns", within: -1...1)
    try fill.validate()
  }

  /// The fill and the interpolation.
  public var sampling: ImageSampling { ImageSampling(fill: fill, interpolation: interpolation) }

  /// (x, y) ↦ (x + f_x·y, f_y·x + y) about the centre.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let along = x.draw(from: &random)
    let down = y.draw(from: &random)
    return ImageTransform(xy: along, yx: down, height: height, width: width)
  }
}
