public import FoundationEssentials
public import PinionTensor

/// A decoded image of 8 bits per channel.
///
/// Pixels are the stored samples, as PIL reads them: neither gamma nor color profiles are applied.
/// 16-bit samples are reduced to their high byte, palettes become RGB, and CMYK (inverted, as
/// Adobe's software stores it) becomes RGB.
public struct RasterImage: Sendable, Equatable {
  /// The handling of alpha channels in conversions to gray or RGB.
  public enum Transparency: Sendable {
    /// Drops alpha, as PIL's `convert("RGB")`, Keras and TensorFlow do.
    case ignored
    /// Blends with a white background.
    case onWhite
  }

  /// In pixels.
  public let height: Int
  /// In pixels.
  public let width: Int
  /// 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha.
  public let channels: Int
  /// (height, width, channels), row-major.
  public let bytes: [UInt8]

  init(height: Int, width: Int, channels: Int, bytes: [UInt8]) {
    self.height = height
    self.width = width
    self.channels = channels
    self.bytes = bytes
  }

  /// Decodes a PNG or JPEG file at its own size.
  ///
  /// - Parameters:
  ///   - file: A PNG or JPEG file.
  ///   - appliesOrientation: Whether to apply the EXIF orientation. Default: false, as PIL's
  ///     `open`.
  ///   - pixelLimit: The largest number of pixels. Default: 2²⁴ plus 16 per byte of the file, with
  ///     at most 56 MiB plus the file's size in memory.
  ///
  /// - Throws: `FileError` if the file cannot be read, is neither PNG nor JPEG, is truncated or
  ///   corrupt, or exceeds the limit.
  public init(
    contentsOf file: URL, appliesOrientation: Bool = false, pixelLimit: Int? = nil
  ) throws(FileError) {
    var sink = RasterSink()
    let decoder = ImageDecoder(pixelLimit: pixelLimit, appliesOrientation: appliesOrientation)
    try decoder.decode(FileReader(file), into: &sink)
    self = sink.image
  }

  /// The image in gray (1 channel) or RGB (3 channels). Traps on other numbers of channels.
  public func converted(channels wanted: Int, transparency: Transparency = .ignored) -> RasterImage
  {
    require(wanted == 1 || wanted == 3, "expected 1 (gray) or 3 (RGB) channels, found \(wanted)")
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

  /// The image rotated and mirrored to the orientation ``ImageOrientation/up``.
  func oriented(_ orientation: ImageOrientation) -> RasterImage {
    guard orientation != .up else { return self }
    let newWidth = orientation.swapsAxes ? height : width
    let newHeight = orientation.swapsAxes ? width : height
    var oriented: [UInt8] = []
    oriented.reserveCapacity(bytes.count)
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
        oriented += bytes[start..<start + channels]
      }
    }
    return RasterImage(height: newHeight, width: newWidth, channels: channels, bytes: oriented)
  }
}

/// A consumer of an image's rows as they are decoded.
protocol RowSink {
  /// Whether the sink stores the whole image at its original size.
  var holdsImage: Bool { get }

  mutating func start(_ header: RasterHeader)

  /// - Parameter row: width · channels bytes.
  mutating func append(_ row: [UInt8])
}

/// The properties of an image that are known before its first row.
struct RasterHeader: Equatable {
  let height: Int
  let width: Int
  /// 1: gray, 2: gray and alpha, 3: RGB, 4: RGB and alpha.
  let channels: Int
  /// The orientation to apply; ``ImageOrientation/up`` for none.
  let orientation: ImageOrientation
}

/// A sink that stores all rows.
struct RasterSink: RowSink {
  private var header: RasterHeader?
  private var bytes: [UInt8] = []

  var holdsImage: Bool { true }

  mutating func start(_ header: RasterHeader) {
    self.header = header
    bytes.reserveCapacity(header.height * header.width * header.channels)
  }

  mutating func append(_ row: [UInt8]) { bytes += row }

  /// The whole image with its orientation applied.
  var image: RasterImage {
    guard let header else { return RasterImage(height: 0, width: 0, channels: 1, bytes: []) }
    return RasterImage(
      height: header.height, width: header.width, channels: header.channels, bytes: bytes
    ).oriented(header.orientation)
  }
}
