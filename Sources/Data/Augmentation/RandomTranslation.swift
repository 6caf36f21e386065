public import PinionTensor

/// Translates an image by random fractions of its height and width, as Keras 3's
/// `RandomTranslation`; positive factors move it down and to the right.
public struct RandomTranslation: GeometricAugmentation {
  /// Fractions of the height, within ±1.
  public var height: RandomRange
  /// Fractions of the width, within ±1.
  public var width: RandomRange
  /// Values outside the image.
  public var fill: FillMode
  public var interpolation: Interpolation

  /// Fractions from −`height` to `height` and from −`width` to `width`.
  public init(
    height: Double, width: Double, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.height = RandomRange(magnitude: height)
    self.width = RandomRange(magnitude: width)
    self.fill = fill
    self.interpolation = interpolation
  }

  public init(
    height: ClosedRange<Double>, width: ClosedRange<Double>, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.height = RandomRange(height)
    self.width = RandomRange(width)
    self.fill = fill
    self.interpolation = interpolation
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try height.validate("the factors of a translation of the height", within: -1...1)
    try width.validate("the factors of a translation of the width", within: -1...1)
    try fill.validate()
  }

  public var sampling: ImageSampling { ImageSampling(fill: fill, interpolation: interpolation) }

  /// (x, y) ↦ (x − f_width·W, y − f_height·H).
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let down = self.height.draw(from: &random) * Double(height)
    let right = self.width.draw(from: &random) * Double(width)
    return ImageTransform(x0: -right, y0: -down)
  }
}
