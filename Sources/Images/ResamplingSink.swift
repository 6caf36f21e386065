internal import PinionTensor

/// A sink that converts the number of channels and resamples to a given size, row by row. Its
/// memory depends on the target size only.
struct ResamplingSink: RowSink {
  private let height: Int
  private let width: Int
  private let channels: Int
  private let transparency: RasterImage.Transparency

  private var header: RasterHeader?
  private var conversion: PixelConversion?
  /// The target size before the orientation is applied.
  private var (rows, columns) = (0, 0)
  private var horizontal = ResamplingWeights(from: 1, to: 1)
  /// For each source row, the target rows that it contributes to, with weights.
  private var contributions: [[(row: Int, weight: Float)]] = []
  private var position = 0
  /// The source row after conversion, and after horizontal resampling.
  private var converted: [UInt8] = []
  private var resampled: [Float] = []
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
    contributions = Array(repeating: [], count: header.height)
    for row in 0..<rows {
      for k in vertical.taps[row] {
        contributions[vertical.sources[k]].append((row, vertical.weights[k]))
      }
    }
    position = 0
    converted = Array(repeating: 0, count: header.width * channels)
    resampled = Array(repeating: 0, count: columns * channels)
    sums = Array(repeating: 0, count: rows * columns * channels)
  }

  mutating func append(_ row: [UInt8]) {
    conversion?.convert(row, into: &converted)
    resample()
    for (row, weight) in contributions[position] {
      let start = row * resampled.count
      for i in resampled.indices { sums[start + i] += weight * resampled[i] }
    }
    position += 1
  }

  private mutating func resample() {
    for x in 0..<columns {
      let taps = horizontal.taps[x]
      for channel in 0..<channels {
        var sum: Float = 0
        for k in taps {
          sum +=
            horizontal.weights[k] * Float(converted[horizontal.sources[k] * channels + channel])
        }
        resampled[x * channels + channel] = sum
      }
    }
  }

  /// The image at the target size.
  var image: RasterImage {
    // The weights sum to 1 up to rounding.
    let bytes = sums.map { UInt8(max(0, min(255, ($0 + 0.5).rounded(.down)))) }
    return RasterImage(height: rows, width: columns, channels: channels, bytes: bytes)
      .oriented(header?.orientation ?? .up)
  }
}

extension RasterImage {
  /// The image resampled to a size, each axis separately.
  ///
  /// Uses area averaging when shrinking and linear interpolation between pixel centers when
  /// enlarging. Traps unless height and width are positive.
  public func resized(height newHeight: Int, width newWidth: Int) -> RasterImage {
    require(
      newHeight > 0 && newWidth > 0, "expected a positive size, found \(newWidth)×\(newHeight)")
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

/// The resampling weights of one axis.
struct ResamplingWeights {
  /// For each target pixel, the range of its entries in ``sources`` and ``weights``.
  private(set) var taps: [Range<Int>] = []
  private(set) var sources: [Int] = []
  private(set) var weights: [Float] = []

  /// Area averaging if the axis shrinks; otherwise linear interpolation between pixel centers.
  init(from old: Int, to new: Int) {
    for position in 0..<new {
      let start = sources.count
      if new < old {
        area(position, from: old, to: new)
      } else {
        line(position, from: old, to: new)
      }
      taps.append(start..<sources.count)
    }
  }

  /// Target pixel i covers the sources from i·old/new to (i + 1)·old/new. In units of 1/new, all
  /// borders are integers.
  private mutating func area(_ position: Int, from old: Int, to new: Int) {
    let (first, end) = (position * old, (position + 1) * old)
    for source in first / new...(end - 1) / new {
      let covered = min(end, (source + 1) * new) - max(first, source * new)
      sources.append(source)
      weights.append(Float(covered) / Float(old))
    }
  }

  /// The center of target pixel i is at (i + ½)·old/new − ½. The outermost pixels are replicated.
  private mutating func line(_ position: Int, from old: Int, to new: Int) {
    let center = (Double(2 * position + 1) * Double(old) / Double(new) - 1) / 2
    let left = Int(center.rounded(.down))
    let fraction = Float(center - Double(left))
    for (source, weight) in [(left, 1 - fraction), (left + 1, fraction)] where weight > 0 {
      sources.append(min(old - 1, max(0, source)))
      weights.append(weight)
    }
  }
}
