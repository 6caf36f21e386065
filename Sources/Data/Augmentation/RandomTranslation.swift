public import PinionTensor

/// Moves an image by random parts of its height and width; positive factors move it down and to the right.
///
/// As Keras 3's `RandomTranslation`.
public struct RandomTranslation: GeometricAugmentation {
  /// The factors of the height.
  public var height: RandomRange
  /// The factors of the width.
  public var width: RandomRange
  /// What lies outside the image.
  public var fill: FillMode
  /// What lies between pixels.
  public var interpolation: Interpolation

  /// Moves by up to `height` of the height and `width` of the width, either way.
  public init(
    height: Double, width: Double, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.height = RandomRange(magnitude: height)
    self.width = RandomRange(magnitude: width)
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Moves by factors of a range for each axis.
  public init(
    height: ClosedRange<Double>, width: ClosedRange<Double>, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.height = RandomRange(height)
    self.width = RandomRange(width)
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Factors lie in ±1.
  public func validate(imageShape: Shape) throws(ArgumentError) {
    try height.validate("the factors of a translation of the height", within: -1...1)
    try width.validate("the factors of a translation of the width", within: -1...1)
    try fill.validate()
  }

  /// The fill and the interpolation.
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
