internal import Glibc
public import PinionTensor

/// Rotates an image about its center by a random angle; positive angles are counterclockwise.
///
/// As Keras 3's `RandomRotation`, which takes fractions of a full turn instead of degrees.
public struct RandomRotation: GeometricAugmentation {
  /// The angles, within ±360°.
  public var degrees: RandomRange
  /// Values outside the image.
  public var fill: FillMode
  public var interpolation: Interpolation

  /// Rotations by −`degrees` to `degrees`.
  public init(
    _ degrees: Double, fill: FillMode = .reflect, interpolation: Interpolation = .bilinear
  ) {
    self.degrees = RandomRange(magnitude: degrees)
    self.fill = fill
    self.interpolation = interpolation
  }

  /// Rotations by an angle in a range, in degrees.
  public init(
    _ degrees: ClosedRange<Double>, fill: FillMode = .reflect,
    interpolation: Interpolation = .bilinear
  ) {
    self.degrees = RandomRange(degrees)
    self.fill = fill
    self.interpolation = interpolation
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    try degrees.validate("the angles of a rotation", within: -360...360)
    try fill.validate()
  }

  public var sampling: ImageSampling { ImageSampling(fill: fill, interpolation: interpolation) }

  /// (x, y) ↦ (cos θ·x − sin θ·y, sin θ·x + cos θ·y) about the center.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let turn = UnitVector(degrees: degrees.draw(from: &random))
    return ImageTransform(
      xx: turn.cosine, xy: -turn.sine, yx: turn.sine, yy: turn.cosine, height: height,
      width: width)
  }
}

/// The cosine and sine of an angle, exact at multiples of 90°, so that such rotations do not
/// interpolate.
struct UnitVector {
  let cosine: Double
  let sine: Double

  init(degrees: Double) {
    let quarters = degrees / 90
    if quarters.rounded() == quarters {
      switch Int(quarters) & 3 {
      case 0: (cosine, sine) = (1, 0)
      case 1: (cosine, sine) = (0, 1)
      case 2: (cosine, sine) = (-1, 0)
      default: (cosine, sine) = (0, -1)
      }
    } else {
      let angle = degrees * Double.pi / 180
      (cosine, sine) = (cos(angle), sin(angle))
    }
  }
}

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

  /// Fractions in a range for each axis, both ranges within ±1: `height: 0...0.2` moves down only.
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

  /// Factors in a range for each axis, both ranges within ±1.
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

/// Scales an image about its center by random factors, as Keras 3's `RandomZoom`.
///
/// A factor f shows 1 + f times the image's extent: positive factors zoom out, negative ones in.
public struct RandomZoom: GeometricAugmentation {
  /// The factors of the height: greater than −1, at most 1.
  public var height: RandomRange
  /// The factors of the width: greater than −1, at most 1; nil to use the height's factor, which
  /// keeps the aspect ratio.
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

  /// Factors in a range for each axis, both ranges greater than −1 and at most 1; without `width`
  /// the aspect ratio is kept.
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
