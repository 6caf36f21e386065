/// From where in an image each pixel of its transformed version is taken: the affine map
/// (x, y) ↦ (xx·x + xy·y + x0, yx·x + yy·y + y0).
///
/// x counts columns from the left and y rows from the top; a pixel's centre lies at its whole numbers, as
/// in Keras 3.
public struct ImageTransform: Sendable, Equatable {
  /// How the source's x grows with x.
  public var xx: Double
  /// How the source's x grows with y.
  public var xy: Double
  /// The source's x of the pixel (0, 0).
  public var x0: Double
  /// How the source's y grows with x.
  public var yx: Double
  /// How the source's y grows with y.
  public var yy: Double
  /// The source's y of the pixel (0, 0).
  public var y0: Double

  /// A map by its six numbers. Default: the identity.
  public init(
    xx: Double = 1, xy: Double = 0, x0: Double = 0, yx: Double = 0, yy: Double = 1, y0: Double = 0
  ) {
    self.xx = xx
    self.xy = xy
    self.x0 = x0
    self.yx = yx
    self.yy = yy
    self.y0 = y0
  }

  /// The linear map about the centre ((width − 1)/2, (height − 1)/2) of an image.
  public init(
    xx: Double = 1, xy: Double = 0, yx: Double = 0, yy: Double = 1, height: Int, width: Int
  ) {
    let cx = Double(width - 1) / 2
    let cy = Double(height - 1) / 2
    self.init(
      xx: xx, xy: xy, x0: cx * (1 - xx) - xy * cy, yx: yx, yy: yy, y0: cy * (1 - yy) - yx * cx)
  }

  /// The map of an image that is transformed first by this, then by `next`: p ↦ self(next(p)).
  public func followed(by next: ImageTransform) -> ImageTransform {
    ImageTransform(
      xx: xx * next.xx + xy * next.yx, xy: xx * next.xy + xy * next.yy,
      x0: xx * next.x0 + xy * next.y0 + x0,
      yx: yx * next.xx + yy * next.yx, yy: yx * next.xy + yy * next.yy,
      y0: yx * next.x0 + yy * next.y0 + y0)
  }

  /// Whether every pixel is taken from itself.
  public var isIdentity: Bool { self == ImageTransform() }

  /// Whether every pixel is taken from the centre of another, so that nothing is interpolated.
  var isOnGrid: Bool { [xx, xy, x0, yx, yy, y0].allSatisfy { $0.rounded() == $0 } }
}
