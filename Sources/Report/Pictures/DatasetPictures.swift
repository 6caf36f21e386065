internal import PinionData
internal import PinionTensor

/// Samples of a data set of any kind as pictures.
struct DatasetPictures {
  private let dataset: any Dataset
  /// (H, W, C).
  private let shape: Shape
  /// What is black, and what is white.
  private let range: ClosedRange<Float>

  /// - Parameter indices: The samples that will be shown, which have the same scale: inputs from 0 to 1 or from 0 to 255 are taken
  ///   for brightnesses, others lie between the least of all and the greatest.
  ///
  /// Nil if inputs are no images, (H, W) or (H, W, C).
  init?(_ dataset: any Dataset, showing indices: some Sequence<Int>) throws {
    let inputShape = dataset.inputShape
    guard (2...3).contains(inputShape.rank), inputShape.checkedElementCount != nil else {
      return nil
    }
    self.dataset = dataset
    shape = inputShape.rank == 3 ? inputShape : [inputShape[0], inputShape[1], 1]
    guard !(dataset is ImageDataset) else {
      range = 0...1
      return
    }
    let buffer = AlignedBuffer(count: shape.elementCount)
    var (least, greatest) = (Float.infinity, -Float.infinity)
    for index in indices {
      try dataset.copyInput(at: index, into: buffer.view)
      for value in buffer.view.array where value.isFinite {
        (least, greatest) = (min(least, value), max(greatest, value))
      }
    }
    range =
      least >= 0 && greatest <= 1
      ? 0...1
      : least >= 0 && greatest <= 255 ? 0...255 : least < greatest ? least...greatest : 0...1
  }

  /// The picture of a sample. Of 2 or more than 4 channels, the first, in grey.
  func image(at index: Int) throws -> PixelImage {
    if let images = dataset as? ImageDataset { return PixelImage(images, at: index) }
    let buffer = AlignedBuffer(count: shape.elementCount)
    try dataset.copyInput(at: index, into: buffer.view)
    let stored = shape[2]
    let isWhole = [1, 3, 4].contains(stored)
    let values = buffer.view.array
    let taken = stride(from: 0, to: values.count, by: isWhole ? 1 : stored).map { byte(values[$0]) }
    return PixelImage(
      width: shape[1], height: shape[0], channels: isWhole ? stored : 1, bytes: taken)
  }

  private func byte(_ value: Float) -> UInt8 {
    // In double precision, in which no difference of floats overflows.
    let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
    let share = (Double(value) - low) / (high - low)
    return share.isNaN ? 0 : UInt8((min(1, max(0, share)) * 255).rounded())
  }
}
