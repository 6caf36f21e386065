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
    var sink = RasterSink()
    sink.start(
      RasterHeader(height: height, width: width, channels: channels, orientation: orientation))
    let size = width * channels
    for y in 0..<height { sink.append(Array(bytes[y * size..<(y + 1) * size])) }
    return sink.image
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

/// A sink that stores all rows, in the places that the orientation gives them: the image is in
/// memory once.
struct RasterSink: RowSink {
  private var header: RasterHeader?
  private var bytes: [UInt8] = []
  /// The place of the first pixel, and the distances of its neighbors, in pixels.
  private var layout = (start: 0, row: 0, column: 0)
  private var position = 0

  var holdsImage: Bool { true }

  mutating func start(_ header: RasterHeader) {
    self.header = header
    let count = header.height * header.width * header.channels
    position = 0
    layout = header.orientation.layout(height: header.height, width: header.width)
    if header.orientation == .up {
      bytes.reserveCapacity(count)
    } else {
      bytes = [UInt8](repeating: 0, count: count)
    }
  }

  mutating func append(_ row: [UInt8]) {
    guard let header, header.orientation != .up else {
      bytes += row
      return
    }
    let (width, channels) = (header.width, header.channels)
    require(
      row.count == width * channels && position < header.height,
      "row \(position) of \(header.height), \(row.count) bytes")
    let step = layout.column * channels
    var target = (layout.start + position * layout.row) * channels
    unsafe row.withUnsafeBufferPointer { row in
      unsafe bytes.withUnsafeMutableBufferPointer { bytes in
        for source in stride(from: 0, to: width * channels, by: channels) {
          for channel in 0..<channels {
            unsafe bytes[target + channel] = unsafe row[source + channel]
          }
          target += step
        }
      }
    }
    position += 1
  }

  /// The whole image with its orientation applied.
  var image: RasterImage {
    guard let header else { return RasterImage(height: 0, width: 0, channels: 1, bytes: []) }
    let isTurned = header.orientation.swapsAxes
    return RasterImage(
      height: isTurned ? header.width : header.height,
      width: isTurned ? header.height : header.width, channels: header.channels, bytes: bytes)
  }
}
