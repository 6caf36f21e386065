package import PinionData
internal import PinionTensor

/// Renders samples of any image data set.
package struct SampleImages {
  private let dataset: any Dataset
  /// (height, width, channels).
  private let shape: Shape
  /// The values shown as black and white.
  private let range: ClosedRange<Float>

  /// Nil unless inputs have shape (height, width) or (height, width, channels).
  ///
  /// - Parameter indices: The samples that will be shown, all on one scale: 0...1 or 0...255 if all
  ///   values lie in it, else from the minimum to the maximum of these samples.
  package init?(_ dataset: any Dataset, showing indices: some Sequence<Int>) throws {
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
    var (smallest, largest) = (Float.infinity, -Float.infinity)
    for index in indices {
      try dataset.copyInput(at: index, into: buffer.view)
      for value in buffer.view.array where value.isFinite {
        (smallest, largest) = (min(smallest, value), max(largest, value))
      }
    }
    range =
      smallest >= 0 && largest <= 1
      ? 0...1
      : smallest >= 0 && largest <= 255 ? 0...255 : smallest < largest ? smallest...largest : 0...1
  }

  /// The image of a sample. With 2 or more than 4 channels, the first channel as gray.
  package func image(at index: Int) throws -> PixelImage {
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
    // Double precision, because the difference of two floats may overflow.
    let (low, high) = (Double(range.lowerBound), Double(range.upperBound))
    let fraction = (Double(value) - low) / (high - low)
    return fraction.isNaN ? 0 : UInt8((min(1, max(0, fraction)) * 255).rounded())
  }
}
