public import PinionTensor

/// A data set whose input is standardized when it is copied, after any augmentation.
public struct StandardizedDataset: WrappingDataset {
  public let base: any Dataset
  public let standardization: Standardization
  /// Which of the inputs is standardized.
  public let input: Int

  init(_ base: any Dataset, _ standardization: Standardization, input: Int) {
    self.base = base
    self.standardization = standardization
    self.input = input
  }

  /// The base's, if the first input is not the one that is standardized.
  public var valueRange: ClosedRange<Float>? { input == 0 ? nil : base.valueRange }

  public func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    try base.copyInput(at: index, into: view)
    if input == 0 { standardization.apply(to: view) }
  }

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    try base.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
    standardization.apply(to: sample.inputs[input])
  }
}

extension Dataset {
  /// The data set with inputs of mean 0 and standard deviation 1, channel by channel.
  ///
  /// - Parameter input: Which of several inputs is standardized. Default: the first.
  ///
  /// Throws `ArgumentError` unless the last axis of the input is as long as the standardization has
  /// channels.
  public func standardized(
    by standardization: Standardization, input: Int = 0
  ) throws(ArgumentError) -> StandardizedDataset {
    let shapes = inputShapes
    guard shapes.indices.contains(input) else {
      throw ArgumentError(
        place: "the input to standardize", expected: "0...\(shapes.count - 1)", found: "\(input)")
    }
    guard let channels = shapes[input].last, channels == standardization.mean.count else {
      throw ArgumentError(
        place: "the inputs to standardize",
        expected: "\(standardization.mean.count) channels", found: "the shape \(shapes[input])")
    }
    return StandardizedDataset(self, standardization, input: input)
  }
}
