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
