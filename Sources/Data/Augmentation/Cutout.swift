public import PinionTensor

/// Fills a square centered on a random pixel, clipped at the image's edges. See ``RandomErasing``
/// for rectangles of random size and shape.
///
/// Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with
/// Cutout", 2017.
public struct Cutout: ImageAugmentation {
  /// The side of the square in pixels: at least 0, at most the smaller side of the image.
  public var size: Int
  /// The value of the square's pixels, finite.
  public var value: Float

  /// Default: the value 0.
  public init(_ size: Int, value: Float = 0) {
    self.size = size
    self.value = value
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    let limit = imageShape.prefix(2).min() ?? 0
    guard size >= 0, size <= limit else {
      throw ArgumentError(
        place: "the size of a cutout", expected: "0...\(limit), no more than the image",
        found: "\(size)")
    }
    guard value.isFinite else {
      throw ArgumentError(
        place: "the value of a cutout", expected: "a finite number", found: "\(value)")
    }
  }

  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let top = random.next(below: image.height) - size / 2
    let left = random.next(below: image.width) - size / 2
    let columns = max(0, left)..<max(0, min(left + size, image.width))
    let rows = max(0, top)..<max(0, min(top + size, image.height))
    for y in rows { image.row(y, columns: columns).fill(value) }
  }
}
