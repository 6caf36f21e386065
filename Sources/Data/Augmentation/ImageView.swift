public import PinionTensor

/// A view of an image in memory that it does not own.
public struct ImageView: Sendable {
  /// (H, W, C) row-major.
  public let pixels: MemoryView<Float>
  public let height: Int
  public let width: Int
  public let channels: Int

  /// Traps unless the view holds height·width·channels floats.
  public init(_ pixels: MemoryView<Float>, height: Int, width: Int, channels: Int) {
    require(
      pixels.count == height * width * channels,
      "\(pixels.count) floats as an image (\(height), \(width), \(channels))")
    self.pixels = pixels
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Traps outside the image.
  public subscript(y: Int, x: Int, channel: Int) -> Float {
    get { pixels[position(y, x, channel)] }
    nonmutating set { pixels[position(y, x, channel)] = newValue }
  }

  private func position(_ y: Int, _ x: Int, _ channel: Int) -> Int {
    require(
      y >= 0 && y < height && x >= 0 && x < width && channel >= 0 && channel < channels,
      "a pixel outside the image")
    return (y * width + x) * channels + channel
  }
}

/// The affine map from a pixel of a transformed image to its place in the source:
/// (x, y) ↦ (xx·x + xy·y + x0, yx·x + yy·y + y0).
///
/// x counts columns from the left and y rows from the top; pixel centers have integer coordinates,
/// as in Keras 3.
public struct ImageTransform: Sendable, Equatable {
  public var xx: Double
  public var xy: Double
  public var x0: Double
  public var yx: Double
  public var yy: Double
  public var y0: Double

  /// Default: the identity.
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

  /// The linear map about the center ((width − 1)/2, (height − 1)/2) of an image.
  public init(
    xx: Double = 1, xy: Double = 0, yx: Double = 0, yy: Double = 1, height: Int, width: Int
  ) {
    let cx = Double(width - 1) / 2
    let cy = Double(height - 1) / 2
    self.init(
      xx: xx, xy: xy, x0: cx * (1 - xx) - xy * cy, yx: yx, yy: yy, y0: cy * (1 - yy) - yx * cx)
  }

  /// The map of an image transformed by this map first, then by `next`: p ↦ self(next(p)).
  public func followed(by next: ImageTransform) -> ImageTransform {
    ImageTransform(
      xx: xx * next.xx + xy * next.yx, xy: xx * next.xy + xy * next.yy,
      x0: xx * next.x0 + xy * next.y0 + x0,
      yx: yx * next.xx + yy * next.yx, yy: yx * next.xy + yy * next.yy,
      y0: yx * next.x0 + yy * next.y0 + y0)
  }

  public var isIdentity: Bool { self == ImageTransform() }

  /// Whether pixel centers map to pixel centers, so that nothing is interpolated.
  var isOnGrid: Bool { [xx, xy, x0, yx, yy, y0].allSatisfy { $0.rounded() == $0 } }
}
