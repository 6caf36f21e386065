public import PinionTensor

/// Selected samples of another data set, which it refers to and does not copy.
public struct DatasetSubset: WrappingDataset {
  public let base: any Dataset
  private let selection: SampleSelection

  /// The selected samples, which must lie in the base.
  init(of base: any Dataset, _ selection: SampleSelection) {
    self.base = base
    self.selection = selection
  }

  public var count: Int { selection.count }

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

  /// The samples in a range of indices.
  ///
  /// Throws `ArgumentError` if the range reaches outside the data set.
  public func subset(_ range: Range<Int>) throws(ArgumentError) -> DatasetSubset {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw ArgumentError(
        place: "the subset's range", expected: "a part of 0..<\(count)", found: "\(range)")
    }
    return DatasetSubset(of: self, SampleSelection(range))
  }

  /// The samples at the given indices, in that order; an index may occur more than once.
  ///
  /// Throws `ArgumentError` with the place of the first index outside the data set.
  public func subset(_ indices: [Int]) throws(ArgumentError) -> DatasetSubset {
    try ArgumentError.check(indices, named: "index", within: count)
    return DatasetSubset(of: self, SampleSelection(indices))
  }
}

extension Dataset {
  /// The samples for which `isIncluded` is true, which is called once for each:
  /// ```swift
  /// let small = try images.filtered { try $0.target[0] < 5 }
  /// ```
  /// Throws ``SampleError`` with what `isIncluded` throws, such as that a sample cannot be read.
  public func filtered(
    where isIncluded: (SampleReader) throws -> Bool
  ) throws(SampleError) -> DatasetSubset {
    var indices: [Int] = []
    for index in 0..<count {
      let sample = SampleReader(dataset: self, index: index)
      if try reading(index, { try isIncluded(sample) }) { indices.append(index) }
    }
    return DatasetSubset(of: self, SampleSelection(indices))
  }
}

/// One sample of a data set, outside training, whose parts are read on demand.
public struct SampleReader: Sendable {
  private let dataset: any Dataset
  /// The sample's index in the data set.
  public let index: Int

  init(dataset: any Dataset, index: Int) {
    self.dataset = dataset
    self.index = index
  }

  /// The input, or the first of several, row-major. Throws what the data set throws.
  public var input: [Float] {
    get throws {
      let buffer = AlignedBuffer(count: dataset.inputShape.elementCount)
      try dataset.copyInput(at: index, into: buffer.view)
      return withExtendedLifetime(buffer) { buffer.view.array }
    }
  }

  /// The target, or the first of several, row-major. Throws what the data set throws.
  public var target: [Float] {
    get throws {
      let buffer = AlignedBuffer(count: dataset.targetShape.elementCount)
      try dataset.copyTarget(at: index, into: buffer.view)
      return withExtendedLifetime(buffer) { buffer.view.array }
    }
  }

  /// The weight, 1 if the data set has none. Throws what the data set throws.
  public var weight: Float {
    get throws { try dataset.weight(at: index) }
  }

  /// Where the sample comes from, such as the path of a file; nil if unknown.
  public var source: String? { dataset.source(of: index) }
}

/// Indices of a data set: a range, or any in any order.
struct SampleSelection: Sendable, Equatable {
  private let range: Range<Int>
  private let chosen: [Int]?

  init(_ range: Range<Int>) {
    self.range = range
    chosen = nil
  }

  init(_ indices: [Int]) {
    range = indices.indices
    chosen = indices
  }

  var count: Int { range.count }

  /// Traps outside `0..<count`.
  subscript(position: Int) -> Int {
    require(position >= 0 && position < count, "sample \(position) of \(count)")
    return chosen?[position] ?? range.lowerBound + position
  }
}
