public import PinionTensor

/// Some samples of another data set, which it refers to and does not copy.
public struct DatasetSubset: Dataset {
  private let base: any Dataset
  private let selection: SampleSelection

  /// The selected samples, which must lie in the base.
  init(of base: any Dataset, _ selection: SampleSelection) {
    self.base = base
    self.selection = selection
  }

  /// The number of samples.
  public var count: Int { selection.count }

  /// The shape of one input, as in the base.
  public var inputShape: Shape { base.inputShape }

  /// The shape of one target, as in the base.
  public var targetShape: Shape { base.targetShape }

  /// The classes' names, as in the base.
  public var classNames: [String]? { base.classNames }

  /// The range of the inputs' values, as in the base.
  public var valueRange: ClosedRange<Float>? { base.valueRange }

  /// Writes the input of the sample at `index` into `view`.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    base.copyInput(at: baseIndex(of: index), into: view)
  }

  /// Writes the target of the sample at `index` into `view`.
  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    base.copyTarget(at: baseIndex(of: index), into: view)
  }

  /// What the base needs.
  public var scratchCount: Int { base.scratchCount }

  /// Writes the sample at `index` as it is in an epoch of training.
  public func copySample(
    at index: Int, epoch: Int, input: MemoryView<Float>, target: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    // Outside a loader, what is mixed below comes from this subset.
    SampleContext.run(or: self) { _ in
      base.copySample(
        at: baseIndex(of: index), epoch: epoch, input: input, target: target, scratch: scratch)
    }
  }

  /// The index in the base of the sample at `index`, which must lie in `0..<count`.
  public func baseIndex(of index: Int) -> Int { selection[index] }
}
