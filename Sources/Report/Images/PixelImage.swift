internal import FoundationEssentials
public import PinionData
internal import PinionTensor

/// An image of bytes: grey (1 channel), RGB (3) or RGB with opacity (4).
public struct PixelImage: Sendable, Equatable {
  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// Bytes a pixel: 1, 3 or 4.
  public let channels: Int
  /// (height, width, channels) row-major.
  public private(set) var bytes: [UInt8]

  /// An image of the given bytes. Traps unless sizes are positive, channels 1, 3 or 4, and bytes as many as they say.
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

  /// An image of a data set, as it is stored. Of images with 2 or more than 4 channels, the first channel, in grey.
  ///
  /// - Precondition: `index` is that of an image.
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

  /// An image of one color, RGB.
  init(width: Int, height: Int, color: RGB) {
    var bytes = [UInt8](repeating: color.red, count: width * height * 3)
    for pixel in 0..<width * height {
      (bytes[pixel * 3 + 1], bytes[pixel * 3 + 2]) = (color.green, color.blue)
    }
    self.init(width: width, height: height, channels: 3, bytes: bytes)
  }

  /// The image with each pixel a square of `factor`×`factor` pixels. Traps unless the factor is positive and an `Int` can
  /// count the bytes.
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

  /// The color of a pixel; opacity does not count.
  func color(x: Int, y: Int) -> RGB {
    let start = (y * width + x) * channels
    var color = RGB(0)
    color.red = bytes[start]
    color.green = bytes[start + (channels == 1 ? 0 : 1)]
    color.blue = bytes[start + (channels == 1 ? 0 : 2)]
    return color
  }

  /// Changes a pixel of an RGB image.
  mutating func set(x: Int, y: Int, to color: RGB) {
    require(
      channels == 3 && x >= 0 && x < width && y >= 0 && y < height,
      "a pixel outside the image, or an image without colors")
    let start = (y * width + x) * 3
    (bytes[start], bytes[start + 1], bytes[start + 2]) = (color.red, color.green, color.blue)
  }

  /// Copies another image into an RGB image, its upper left corner at (x, y).
  mutating func paste(_ other: PixelImage, x: Int, y: Int) {
    for row in 0..<other.height {
      for column in 0..<other.width {
        set(x: x + column, y: y + row, to: other.color(x: column, y: row))
      }
    }
  }

  /// The image as the file that `PNG` makes of it, in a form that a page can hold: `data:image/png;base64,…`.
  public var dataURI: String {
    "data:image/png;base64," + Data(PNG.encode(self)).base64EncodedString()
  }
}

extension PixelImage {
  /// Images side by side, row after row, in RGB on white.
  ///
  /// - Parameters:
  ///   - images: In reading order; nil leaves a place empty. Smaller ones than the largest lie in the upper left of their place.
  ///   - columns: How many a row.
  ///   - spacing: Pixels between them and around. Default: 2.
  ///   - frames: The colors of frames around them, as wide as the spacing, by position in `images`.
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
