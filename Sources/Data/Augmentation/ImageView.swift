public import PinionTensor

/// An image in memory that somebody else owns.
public struct ImageView: Sendable {
  /// The values, (H, W, C) row-major.
  public let pixels: MemoryView<Float>
  /// H.
  public let height: Int
  /// W.
  public let width: Int
  /// C.
  public let channels: Int

  /// Memory seen as an image. Traps unless it holds H·W·C floats.
  public init(_ pixels: MemoryView<Float>, height: Int, width: Int, channels: Int) {
    require(
      pixels.count == height * width * channels,
      "\(pixels.count) floats as an image (\(height), \(width), \(channels))")
    self.pixels = pixels
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// The value of a channel of a pixel. Traps outside the image.
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
