public import PinionTensor

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
