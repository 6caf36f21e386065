internal import Glibc
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

/// Replaces a random rectangle inside an image, with a given probability.
///
/// Its area is a fraction of the image's, its ratio of height to width drawn on a logarithmic
/// scale; both are redrawn until it is smaller than the image in both directions, up to ten times.
/// As torchvision's; unlike ``Cutout``'s square it never reaches beyond the edges. Source: Zhong,
/// Zheng, Kang, Li and Yang, "Random Erasing Data Augmentation", AAAI 2020, algorithm 1.
public struct RandomErasing: ImageAugmentation {
  /// The values of the erased pixels.
  public enum Fill: Sendable, Equatable, Codable {
    case constant(Float)
    /// Each value drawn from the uniform distribution over a range, which the paper finds best.
    case uniform(ClosedRange<Float>)
  }

  /// The probability that an image is changed, in 0…1.
  public var probability: Double
  /// Fractions of the image's area, in 0…1.
  public var area: RandomRange
  /// Height over width, positive and finite.
  public var ratio: RandomRange
  public var fill: Fill

  /// The defaults are torchvision's and the paper's: zeros.
  public init(
    probability: Double = 0.5, area: ClosedRange<Double> = 0.02...0.33,
    ratio: ClosedRange<Double> = 0.3...3.3, fill: Fill = .constant(0)
  ) {
    self.probability = probability
    self.area = RandomRange(area)
    self.ratio = RandomRange(ratio)
    self.fill = fill
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    guard probability >= 0, probability <= 1 else {
      throw ArgumentError(
        place: "the probability of an erasure", expected: "a number in 0...1",
        found: "\(probability)")
    }
    try area.validate("the areas of an erasure", within: 0...1)
    try ratio.validate("the ratios of an erasure", within: 1e-6...1e6)
    switch fill {
    case .constant(let value) where !value.isFinite:
      throw ArgumentError(
        place: "the value of an erasure", expected: "a finite number", found: "\(value)")
    case .uniform(let range) where !(range.upperBound - range.lowerBound).isFinite:
      throw ArgumentError(
        place: "the values of an erasure", expected: "finite numbers", found: "\(range)")
    default: break
    }
  }

  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    guard random.uniform() < probability else { return }
    let logRatio = RandomRange(log(ratio.lower)...log(ratio.upper))
    for _ in 0..<10 {
      let size = area.draw(from: &random) * Double(image.height * image.width)
      let ratio = exp(logRatio.draw(from: &random))
      let height = (size * ratio).squareRoot().rounded()
      let width = (size / ratio).squareRoot().rounded()
      guard height < Double(image.height), width < Double(image.width) else { continue }
      let (rows, columns) = (Int(height), Int(width))
      let top = random.next(below: image.height - rows + 1)
      let left = random.next(below: image.width - columns + 1)
      for y in top..<top + rows {
        let pixels = image.row(y, columns: left..<left + columns)
        switch fill {
        case .constant(let value): pixels.fill(value)
        case .uniform(let range):
          let (lower, width) = (range.lowerBound, range.upperBound - range.lowerBound)
          for i in pixels.indices { pixels[i] = lower + Float(random.uniform()) * width }
        }
      }
      return
    }
  }
}

extension ImageView {
  /// The values of a part of a row.
  func row(_ y: Int, columns: Range<Int>) -> MemoryView<Float> {
    let start = (y * width + columns.lowerBound) * channels
    return pixels[start..<start + columns.count * channels]
  }
}
