public import PinionTensor

/// Covers a square around a random pixel of an image; what of the square lies outside is lost.
///
/// Source: DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with Cutout", 2017.
public struct Cutout: ImageAugmentation {
  /// The side of the square, in pixels.
  public var size: Int
  /// The value that covers.
  public var value: Float

  /// Squares of `size` × `size` pixels, of the given value. Default: 0.
  public init(_ size: Int, value: Float = 0) {
    self.size = size
    self.value = value
  }

  /// The size is not negative, and the square not larger than the image; the value is finite.
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

  /// The rows and columns of the square, from the drawn pixel less half the size on.
  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    let top = random.next(below: image.height) - size / 2
    let left = random.next(below: image.width) - size / 2
    let columns = max(0, left)..<max(0, min(left + size, image.width))
    let rows = max(0, top)..<max(0, min(top + size, image.height))
    for y in rows {
      let row = (y * image.width) * image.channels
      image.pixels[
        row + columns.lowerBound * image.channels..<row + columns.upperBound * image.channels
      ].fill(value)
    }
  }
}
