public import PinionTensor

/// A data set whose inputs are standardised when they are copied, after any augmentation.
public struct StandardizedDataset: Dataset {
  private let base: any Dataset
  /// What is done to the inputs.
  public let standardization: Standardization

  init(_ base: any Dataset, _ standardization: Standardization) {
    self.base = base
    self.standardization = standardization
  }

  /// The number of samples, as in the base.
  public var count: Int { base.count }

  /// The shape of one input, as in the base.
  public var inputShape: Shape { base.inputShape }

  /// The shape of one target, as in the base.
  public var targetShape: Shape { base.targetShape }

  /// The classes' names, as in the base.
  public var classNames: [String]? { base.classNames }

  /// Writes an input, standardised.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    base.copyInput(at: index, into: view)
    standardization.apply(to: view)
  }

  /// Writes a target.
  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    base.copyTarget(at: index, into: view)
  }

  /// What the base needs.
  public var scratchCount: Int { base.scratchCount }

  /// Writes a sample as it is in an epoch, its input standardised.
  public func copySample(
    at index: Int, epoch: Int, input: MemoryView<Float>, target: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    base.copySample(at: index, epoch: epoch, input: input, target: target, scratch: scratch)
    standardization.apply(to: input)
  }
}

extension Dataset {
  /// The data set with inputs of mean 0 and standard deviation 1, channel by channel.
  ///
  /// Throws ``ArgumentError`` unless the last axis of the inputs is as long as the standardisation has
  /// channels.
  public func standardized(
    by standardization: Standardization
  ) throws(ArgumentError) -> StandardizedDataset {
    guard let channels = inputShape.last, channels == standardization.mean.count else {
      throw ArgumentError(
        place: "the inputs to standardise",
        expected: "\(standardization.mean.count) channels", found: "the shape \(inputShape)")
    }
    return StandardizedDataset(self, standardization)
  }
}
