public import PinionTensor

/// Shears an image about its center along rows, columns or both by random factors.
///
/// A factor 0.3 shifts each row by 0.3 pixels relative to the next. Keras 3's `RandomShear` shears
/// about the upper left corner, which also translates the image.
public struct RandomShear: GeometricAugmentation {
  /// The factors along rows, within ±1.
  public var x: RandomRange
  /// The factors along columns, within ±1.
  public var y: RandomRange
  /// Values outside the image.
  public var fill: FillMode
  public var interpolation: Interpolation

  /// Factors from −`x` to `x` along rows and −`y` to `y` along columns. Default: 0.
  public init(
    x: Double = 0, y: Double = 0, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.x = RandomRange(magnitude: x)
    self.y = RandomRange(magnitude: y)
    self.fill = fill
    self.interpolation = interpolation
  }

  public init(
    x: ClosedRange<Double>, y: ClosedRange<Double>, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.x = RandomRange(x)
    self.y = RandomRange(y)
    self.fill = fill
    self.interpolation = interpolation
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try x.validate("the factors of a shear along rows", within: -1...1)
    try y.validate("the factors of a shear along columns", within: -1...1)
    try fill.validate()
  }

  public var sampling: ImageSampling { ImageSampling(fill: fill, interpolation: interpolation) }

  /// (x, y) ↦ (x + f_x·y, f_y·x + y) about the center.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let along = x.draw(from: &random)
    let down = y.draw(from: &random)
    return ImageTransform(xy: along, yx: down, height: height, width: width)
  }
}
