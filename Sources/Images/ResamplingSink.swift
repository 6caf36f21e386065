internal import PinionTensor

/// Converts an image to a number of channels and stretches it to a size, row by row: the memory that it takes
/// depends on the size that is made.
struct ResamplingSink: RowSink {
  private let height: Int
  private let width: Int
  private let channels: Int
  private let transparency: RasterImage.Transparency

  private var header: RasterHeader?
  private var conversion: PixelConversion?
  /// The size before an image is turned.
  private var (rows, columns) = (0, 0)
  private var horizontal = ResamplingWeights(from: 1, to: 1)
  /// For each row of the file, the rows that it contributes to, and how much.
  private var shares: [[(row: Int, weight: Float)]] = []
  private var position = 0
  /// The file's row converted; then stretched.
  private var converted: [UInt8] = []
  private var stretched: [Float] = []
  /// (rows, columns, channels).
  private var sums: [Float] = []

  init(height: Int, width: Int, channels: Int, transparency: RasterImage.Transparency) {
    self.height = height
    self.width = width
    self.channels = channels
    self.transparency = transparency
  }

  var holdsImage: Bool { false }

  mutating func start(_ header: RasterHeader) {
    self.header = header
    (rows, columns) = header.orientation.swapsAxes ? (width, height) : (height, width)
    conversion = PixelConversion(
      channels: header.channels, wanted: channels, transparency: transparency)
    horizontal = ResamplingWeights(from: header.width, to: columns)
    let vertical = ResamplingWeights(from: header.height, to: rows)
    shares = Array(repeating: [], count: header.height)
    for row in 0..<rows {
      for k in vertical.taps[row] {
        shares[vertical.sources[k]].append((row, vertical.weights[k]))
      }
    }
    position = 0
    converted = Array(repeating: 0, count: header.width * channels)
    stretched = Array(repeating: 0, count: columns * channels)
    sums = Array(repeating: 0, count: rows * columns * channels)
  }

  mutating func append(_ row: [UInt8]) {
    conversion?.convert(row, into: &converted)
    stretch()
    for (row, weight) in shares[position] {
      let start = row * stretched.count
      for i in stretched.indices { sums[start + i] += weight * stretched[i] }
    }
    position += 1
  }

  private mutating func stretch() {
    for x in 0..<columns {
      let taps = horizontal.taps[x]
      for channel in 0..<channels {
        var sum: Float = 0
        for k in taps {
          sum +=
            horizontal.weights[k] * Float(converted[horizontal.sources[k] * channels + channel])
        }
        stretched[x * channels + channel] = sum
      }
    }
  }

  /// The image of the size asked for.
  var image: RasterImage {
    // The weights add up to 1 but for rounding.
    let bytes = sums.map { UInt8(max(0, min(255, ($0 + 0.5).rounded(.down)))) }
    return RasterImage(height: rows, width: columns, channels: channels, bytes: bytes)
      .turned(header?.orientation ?? .up)
  }
}

extension RasterImage {
  /// The image stretched to a size, each axis on its own.
  ///
  /// Where an axis shrinks, a pixel is the average over the area that it covers; where it grows, linear between the
  /// centers of the two nearest ones.
  public func resized(height newHeight: Int, width newWidth: Int) -> RasterImage {
    require(newHeight > 0 && newWidth > 0, "a size of \(newWidth)×\(newHeight)")
    var sink = ResamplingSink(
      height: newHeight, width: newWidth, channels: channels, transparency: .ignored)
    sink.start(
      RasterHeader(height: height, width: width, channels: channels, orientation: .up))
    for y in 0..<height {
      sink.append(Array(bytes[y * width * channels..<(y + 1) * width * channels]))
    }
    return sink.image
  }
}
