public import FoundationEssentials
public import PinionTensor

/// The pixels of an image file, a byte a channel.
///
/// Stored samples, as PIL opens a file: neither a gamma value nor a color profile is applied. 16 bits a channel become
/// their high byte, palettes become RGB, CMYK becomes RGB as Adobe's programs store it (inverted).
public struct RasterImage: Sendable, Equatable {
  /// What becomes of opacity where gray or RGB is wanted.
  public enum Transparency: Sendable {
    /// It is left out and the colors stay, as in PIL's `convert("RGB")`, Keras and TensorFlow.
    case ignored
    /// The image lies on white.
    case onWhite
  }

  /// The height in pixels.
  public let height: Int
  /// The width in pixels.
  public let width: Int
  /// 1 is gray, 2 gray and opacity, 3 RGB, 4 RGB and opacity.
  public let channels: Int
  /// (H, W, C) row-major.
  public let bytes: [UInt8]

  init(height: Int, width: Int, channels: Int, bytes: [UInt8]) {
    self.height = height
    self.width = width
    self.channels = channels
    self.bytes = bytes
  }

  /// The image in a PNG or JPEG file, at its own size.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - appliesOrientation: Whether to turn a photograph as its EXIF data say. Default: no, as PIL's `open`.
  ///   - pixelLimit: The greatest number of pixels. Default: 2²⁴ and 16 more for each byte of the file, in
  ///     as much memory as 56 MiB and the file's size.
  ///
  /// Throws `FileError` if the file cannot be read, is no PNG or JPEG, is cut short, broken or larger than the limit.
  public init(
    contentsOf file: URL, appliesOrientation: Bool = false, pixelLimit: Int? = nil
  ) throws(FileError) {
    var sink = RasterSink()
    let decoder = ImageDecoder(pixelLimit: pixelLimit, appliesOrientation: appliesOrientation)
    try decoder.decode(FileReader(file), into: &sink)
    self = sink.image
  }

  /// The image in gray (1 channel) or in RGB (3).
  public func converted(channels wanted: Int, transparency: Transparency = .ignored) -> RasterImage
  {
    require(wanted == 1 || wanted == 3, "\(wanted) channels: 1 for gray or 3 for RGB")
    let conversion = PixelConversion(
      channels: channels, wanted: wanted, transparency: transparency)
    var converted: [UInt8] = []
    converted.reserveCapacity(height * width * wanted)
    var row = [UInt8](repeating: 0, count: width * wanted)
    for y in 0..<height {
      let start = y * width * channels
      conversion.convert(Array(bytes[start..<start + width * channels]), into: &row)
      converted += row
    }
    return RasterImage(height: height, width: width, channels: wanted, bytes: converted)
  }

  /// The image turned so that it stands upright.
  func turned(_ orientation: ImageOrientation) -> RasterImage {
    guard orientation != .up else { return self }
    let newWidth = orientation.swapsAxes ? height : width
    let newHeight = orientation.swapsAxes ? width : height
    var turned: [UInt8] = []
    turned.reserveCapacity(bytes.count)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (left, top) = (width - 1 - x, height - 1 - y)
        let source =
          switch orientation {
          case .up: (y, x)
          case .mirrored: (y, left)
          case .upsideDown: (top, left)
          case .mirroredUpsideDown: (top, x)
          case .transposed: (x, y)
          case .clockwise: (height - 1 - x, y)
          case .transversed: (height - 1 - x, width - 1 - y)
          case .counterclockwise: (x, width - 1 - y)
          }
        let start = (source.0 * width + source.1) * channels
        turned += bytes[start..<start + channels]
      }
    }
    return RasterImage(height: newHeight, width: newWidth, channels: channels, bytes: turned)
  }
}
