/// Takes an image row by row, as it is decoded.
protocol RowSink {
  /// Whether it keeps the whole image at its full size.
  var holdsImage: Bool { get }

  mutating func start(_ header: RasterHeader)

  /// The next row: width · channels bytes.
  mutating func append(_ row: [UInt8])
}

/// The form of an image before its first row.
struct RasterHeader: Equatable {
  let height: Int
  let width: Int
  /// 1 gray, 2 gray and opacity, 3 RGB, 4 RGB and opacity.
  let channels: Int
  /// How to turn it; ``ImageOrientation/up`` if that was not asked for.
  let orientation: ImageOrientation
}

/// Keeps all rows.
struct RasterSink: RowSink {
  private var header: RasterHeader?
  private var bytes: [UInt8] = []

  var holdsImage: Bool { true }

  mutating func start(_ header: RasterHeader) {
    self.header = header
    bytes.reserveCapacity(header.height * header.width * header.channels)
  }

  mutating func append(_ row: [UInt8]) { bytes += row }

  /// The whole image, turned.
  var image: RasterImage {
    guard let header else { return RasterImage(height: 0, width: 0, channels: 1, bytes: []) }
    return RasterImage(
      height: header.height, width: header.width, channels: header.channels, bytes: bytes
    ).turned(header.orientation)
  }
}
