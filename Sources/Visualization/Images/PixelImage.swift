internal import FoundationEssentials
public import PinionData
internal import PinionTensor

/// An image of 8 bits per channel: gray (1 channel), RGB (3) or RGBA (4).
public struct PixelImage: Sendable, Equatable {
  /// In pixels.
  public let width: Int
  /// In pixels.
  public let height: Int
  /// 1, 3 or 4.
  public let channels: Int
  /// (height, width, channels), row-major.
  public private(set) var bytes: [UInt8]

  /// Traps unless width and height are positive, `channels` is 1, 3 or 4, and `bytes` has width ·
  /// height · channels elements.
  public init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    require(
      width > 0 && height > 0 && [1, 3, 4].contains(channels)
        && Shape([width, height, channels]).checkedElementCount == bytes.count,
      "an image of \(bytes.count) bytes for \(width)×\(height), \(channels) channels")
    self.width = width
    self.height = height
    self.channels = channels
    self.bytes = bytes
  }

  /// A sample of an image data set without normalization. With 2 or more than 4 channels, the first
  /// channel as gray.
  ///
  /// Traps if `index` is out of range.
  public init(_ dataset: ImageDataset, at index: Int) {
    require(index >= 0 && index < dataset.count, "image \(index) of \(dataset.count)")
    let shape = dataset.inputShape
    let (height, width, stored) = (shape[0], shape[1], shape[2])
    let first = index * shape.elementCount
    let isWhole = [1, 3, 4].contains(stored)
    let taken = stride(from: first, to: first + shape.elementCount, by: isWhole ? 1 : stored)
    self.init(
      width: width, height: height, channels: isWhole ? stored : 1,
      bytes: taken.map { dataset.pixels[$0] })
  }

  /// An RGB image of one color.
  init(width: Int, height: Int, color: RGB) {
    var bytes = [UInt8](repeating: color.red, count: width * height * 3)
    for pixel in 0..<width * height {
      (bytes[pixel * 3 + 1], bytes[pixel * 3 + 2]) = (color.green, color.blue)
    }
    self.init(width: width, height: height, channels: 3, bytes: bytes)
  }

  /// The image scaled up by an integer factor, each pixel becoming factor × factor pixels. Traps
  /// unless `factor` is positive and the result's byte count fits an `Int`.
  public func enlarged(by factor: Int) -> PixelImage {
    require(
      factor > 0 && Shape([factor, factor, bytes.count]).checkedElementCount != nil,
      "an image of \(width)×\(height) enlarged by \(factor)")
    guard factor > 1 else { return self }
    var enlarged: [UInt8] = []
    enlarged.reserveCapacity(bytes.count * factor * factor)
    for y in 0..<height {
      var row: [UInt8] = []
      for x in 0..<width {
        let start = (y * width + x) * channels
        for _ in 0..<factor { row += bytes[start..<start + channels] }
      }
      for _ in 0..<factor { enlarged += row }
    }
    return PixelImage(
      width: width * factor, height: height * factor, channels: channels, bytes: enlarged)
  }

  /// The longest side of images in pages and figures, which show them at 84 pixels at most: twice
  /// as many for dense screens. Photographs and long series would take minutes and gigabytes.
  static let thumbnailSide = 168

  /// The image, reduced by an integer factor to at most ``thumbnailSide`` pixels on each side: each
  /// pixel is the mean of a square. Smaller images are unchanged.
  package var thumbnail: PixelImage {
    let factor = (max(width, height) - 1) / Self.thumbnailSide + 1
    guard factor > 1 else { return self }
    let (columns, rows) = ((width - 1) / factor + 1, (height - 1) / factor + 1)
    var reduced: [UInt8] = []
    reduced.reserveCapacity(columns * rows * channels)
    for row in 0..<rows {
      let ys = row * factor..<min(height, (row + 1) * factor)
      for column in 0..<columns {
        let xs = column * factor..<min(width, (column + 1) * factor)
        let count = xs.count * ys.count
        for channel in 0..<channels {
          var sum = 0
          for y in ys {
            for x in xs { sum += Int(bytes[(y * width + x) * channels + channel]) }
          }
          reduced.append(UInt8((sum + count / 2) / count))
        }
      }
    }
    return PixelImage(width: columns, height: rows, channels: channels, bytes: reduced)
  }

  /// The image, enlarged by the largest factor up to `limit` with which its sides have at most
  /// `side` pixels.
  func enlarged(toSide side: Int, limit: Int = .max) -> PixelImage {
    enlarged(by: max(1, min(limit, side / max(width, height))))
  }

  /// The color of a pixel, without alpha.
  func color(x: Int, y: Int) -> RGB {
    let start = (y * width + x) * channels
    var color = RGB(0)
    color.red = bytes[start]
    color.green = bytes[start + (channels == 1 ? 0 : 1)]
    color.blue = bytes[start + (channels == 1 ? 0 : 2)]
    return color
  }

  /// Sets a pixel. Traps unless the image is RGB and contains the pixel.
  mutating func set(x: Int, y: Int, to color: RGB) {
    require(
      channels == 3 && x >= 0 && x < width && y >= 0 && y < height,
      "a pixel outside the image, or an image without colors")
    let start = (y * width + x) * 3
    (bytes[start], bytes[start + 1], bytes[start + 2]) = (color.red, color.green, color.blue)
  }

  /// Copies `other` into an RGB image with its upper left corner at (x, y).
  mutating func paste(_ other: PixelImage, x: Int, y: Int) {
    for row in 0..<other.height {
      for column in 0..<other.width {
        set(x: x + column, y: y + row, to: other.color(x: column, y: row))
      }
    }
  }

  /// The PNG file as a data URI: `data:image/png;base64,…`.
  package var dataURI: String {
    "data:image/png;base64," + Data(PNG.encode(self)).base64EncodedString()
  }
}

extension PixelImage {
  /// Images arranged in a grid on a white RGB background.
  ///
  /// - Parameters:
  ///   - images: In row-major order; nil leaves a cell empty. Images smaller than the largest one
  ///     are aligned to the upper left of their cells.
  ///   - columns: The number of columns.
  ///   - spacing: The margin around each image in pixels. Default: 2.
  ///   - frames: Colors of frames by index of the image; frames are as wide as the spacing.
  static func grid(
    _ images: [PixelImage?], columns: Int, spacing: Int = 2, frames: [Int: RGB] = [:]
  ) -> PixelImage {
    let width = images.compactMap { $0?.width }.max() ?? 1
    let height = images.compactMap { $0?.height }.max() ?? 1
    let columns = max(1, columns)
    let rows = max(1, (images.count + columns - 1) / columns)
    let (stepX, stepY) = (width + 2 * spacing, height + 2 * spacing)
    var grid = PixelImage(width: columns * stepX, height: rows * stepY, color: .white)
    for (index, image) in images.enumerated() {
      guard let image else { continue }
      let (x, y) = (index % columns * stepX, index / columns * stepY)
      if let color = frames[index] {
        grid.paste(PixelImage(width: stepX, height: stepY, color: color), x: x, y: y)
      }
      grid.paste(image, x: x + spacing, y: y + spacing)
    }
    return grid
  }
}
