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

extension Dataset {
  /// The first `maximum` samples, or all if there are fewer.
  ///
  /// - Precondition: `maximum` is not negative.
  public func prefix(_ maximum: Int) -> DatasetSubset {
    require(maximum >= 0, "a prefix of \(maximum) samples")
    return DatasetSubset(of: self, SampleSelection(0..<Swift.min(maximum, count)))
  }

  /// The samples of a range of indices.
  ///
  /// Throws ``ArgumentError`` if the range reaches outside the data set.
  public func subset(_ range: Range<Int>) throws(ArgumentError) -> DatasetSubset {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw ArgumentError(
        place: "the subset's range", expected: "a part of 0..<\(count)", found: "\(range)")
    }
    return DatasetSubset(of: self, SampleSelection(range))
  }

  /// The samples at the given indices, in that order; an index may occur more than once.
  ///
  /// Throws ``ArgumentError`` with the place of the first index outside the data set.
  public func subset(_ indices: [Int]) throws(ArgumentError) -> DatasetSubset {
    try ArgumentError.check(indices, named: "index", within: count)
    return DatasetSubset(of: self, SampleSelection(indices))
  }
}

/// Some samples of a data set: a range of indices, or indices in any order.
struct SampleSelection: Sendable, Equatable {
  private let range: Range<Int>
  private let chosen: [Int]?

  /// The samples of a range.
  init(_ range: Range<Int>) {
    self.range = range
    chosen = nil
  }

  /// The samples at the given indices.
  init(_ indices: [Int]) {
    range = indices.indices
    chosen = indices
  }

  /// The number of samples.
  var count: Int { range.count }

  /// The index of a sample in the data set that it is selected from. Traps outside `0..<count`.
  subscript(position: Int) -> Int {
    require(position >= 0 && position < count, "sample \(position) of \(count)")
    return chosen?[position] ?? range.lowerBound + position
  }

  /// The samples of this selection at the positions of another.
  func selecting(_ other: SampleSelection) -> SampleSelection {
    if chosen == nil, other.chosen == nil {
      let start = range.lowerBound + other.range.lowerBound
      return SampleSelection(start..<start + other.count)
    }
    return SampleSelection((0..<other.count).map { self[other[$0]] })
  }
}
