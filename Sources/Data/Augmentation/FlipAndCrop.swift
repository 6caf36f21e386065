public import PinionTensor

/// Mirrors images, along each axis of the direction with probability ½.
public struct RandomFlip: GeometricAugmentation {
  public enum Direction: String, Sendable, Codable, CaseIterable {
    /// Exchanges left and right.
    case horizontal
    /// Exchanges top and bottom.
    case vertical
    /// Each independently.
    case horizontalAndVertical
  }

  public var direction: Direction

  public init(_ direction: Direction = .horizontal) { self.direction = direction }

  /// Neither: no pixel is outside the image or between pixels.
  public var sampling: ImageSampling { ImageSampling() }

  /// x ↦ W − 1 − x, y ↦ H − 1 − y, or the identity.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let isHorizontal = random.uniform() < 0.5 && direction != .vertical
    let isVertical = random.uniform() < 0.5 && direction != .horizontal
    var transform = ImageTransform()
    if isHorizontal { (transform.xx, transform.x0) = (-1, Double(width - 1)) }
    if isVertical { (transform.yy, transform.y0) = (-1, Double(height - 1)) }
    return transform
  }
}

/// Pads an image on all sides and crops it to its size at a random offset.
///
/// With 4 pixels and a flip, the augmentation of most published results on CIFAR (He et al., "Deep
/// Residual Learning for Image Recognition", 2016, section 4.2).
public struct PadAndCrop: GeometricAugmentation {
  /// Pixels added on each side: at least 0, less than the smaller side of the image.
  public var padding: Int
  /// Values of the added pixels.
  public var fill: FillMode

  /// Default: padding with zeros.
  public init(_ padding: Int, fill: FillMode = .constant(value: 0)) {
    self.padding = padding
    self.fill = fill
  }

  public func validate(imageShape: Shape) throws(ArgumentError) {
    let limit = (imageShape.prefix(2).min() ?? 0) - 1
    guard padding >= 0, padding <= limit else {
      throw ArgumentError(
        place: "the padding of a crop", expected: "0...\(limit), less than the image",
        found: "\(padding)")
    }
    try fill.validate()
  }

  public var sampling: ImageSampling { ImageSampling(fill: fill) }

  /// (x, y) ↦ (x + d_x, y + d_y), d uniform over the integers in −padding…padding.
  public func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform {
    let down = random.next(below: 2 * padding + 1) - padding
    let right = random.next(below: 2 * padding + 1) - padding
    return ImageTransform(x0: Double(right), y0: Double(down))
  }
}

/// A data set whose images are mirrored horizontally in every second epoch of training.
///
/// Half of the images, chosen at random, are mirrored in even epochs, the others in odd ones, so
/// that two epochs show each image in both orientations, as random flips do for half of the images
/// only. Outside training, images are those of the base. Jordan 2024 (arXiv:2404.00498).
public struct AlternatelyFlippedDataset: WrappingDataset {
  public let base: any Dataset
  /// Which of the inputs is mirrored.
  public let input: Int

  private let stream: RandomStream
  private let width, channels: Int

  /// Throws unless the input is an image.
  init(_ base: any Dataset, input: Int, seed: UInt64) throws(ArgumentError) {
    let shapes = base.inputShapes
    guard shapes.indices.contains(input) else {
      throw ArgumentError(
        place: "the input to flip", expected: "0...\(shapes.count - 1)", found: "\(input)")
    }
    guard shapes[input].rank == 3 else {
      throw ArgumentError(
        place: "the inputs to flip", expected: "images (height, width, channels)",
        found: "\(shapes[input])")
    }
    self.base = base
    self.input = input
    stream = RandomStream(seed: seed, purpose: "alternating flip")
    (width, channels) = (shapes[input][1], shapes[input][2])
  }

  /// Writes a sample, mirrored if its image is mirrored in the given epoch; nil mirrors none.
  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    // Outside a loader, partners to mix with come from this data set.
    try SampleContext.run(or: self) { _ in
      try base.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
    }
    guard let epoch, isFlipped(index, epoch: epoch) else { return }
    flip(sample.inputs[input])
  }

  private func isFlipped(_ index: Int, epoch: Int) -> Bool {
    var random = stream.substream(index).generator
    return (random.uniform() < 0.5) != epoch.isMultiple(of: 2)
  }

  private func flip(_ image: MemoryView<Float>) {
    let rowCount = width * channels
    require(rowCount == 0 || image.count.isMultiple(of: rowCount), "an image of another width")
    for start in stride(from: 0, to: image.count, by: max(1, rowCount)) {
      let row = unsafe image.base + start
      for column in 0..<width / 2 {
        let (left, right) = (column * channels, (width - 1 - column) * channels)
        for channel in 0..<channels {
          unsafe (row[left + channel], row[right + channel]) = unsafe (
            row[right + channel], row[left + channel]
          )
        }
      }
    }
  }
}

extension Dataset {
  /// The data set with its images mirrored horizontally in every second epoch of training.
  ///
  /// ```swift
  /// let training = try images.alternatelyFlipped(seed: 1).augmented(seed: 1) { PadAndCrop(2) }
  /// ```
  ///
  /// - Parameters:
  ///   - input: Which of several inputs is the image. Default: the first.
  ///   - seed: Determines, together with an image's index, whether it is mirrored in even or in odd
  ///     epochs. Default: 0.
  ///
  /// Throws `ArgumentError` if the input is not an image (H, W, C).
  public func alternatelyFlipped(
    input: Int = 0, seed: UInt64 = 0
  ) throws(ArgumentError) -> AlternatelyFlippedDataset {
    try AlternatelyFlippedDataset(self, input: input, seed: seed)
  }
}
