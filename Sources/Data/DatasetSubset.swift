public import PinionTensor

/// Some samples of another data set, which it refers to and does not copy.
public struct DatasetSubset: Dataset {
  private let base: any Dataset
  private let range: Range<Int>
  private let chosen: [Int]?

  /// The samples of a range, which must lie in the base.
  init(of base: any Dataset, range: Range<Int>) {
    self.base = base
    self.range = range
    chosen = nil
  }

  /// The samples at the given indices, which must lie in the base.
  init(of base: any Dataset, indices: [Int]) {
    self.base = base
    range = indices.indices
    chosen = indices
  }

  /// The number of samples.
  public var count: Int { range.count }

  /// The shape of one input, as in the base.
  public var inputShape: Shape { base.inputShape }

  /// The shape of one target, as in the base.
  public var targetShape: Shape { base.targetShape }

  /// The classes' names, as in the base.
  public var classNames: [String]? { base.classNames }

  /// Writes the input of the sample at `index` into `view`.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    base.copyInput(at: baseIndex(of: index), into: view)
  }

  /// Writes the target of the sample at `index` into `view`.
  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    base.copyTarget(at: baseIndex(of: index), into: view)
  }

  /// The index in the base of the sample at `index`, which must lie in `0..<count`.
  public func baseIndex(of index: Int) -> Int {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    return chosen?[index] ?? range.lowerBound + index
  }
}
