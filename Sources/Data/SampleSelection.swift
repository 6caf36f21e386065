internal import PinionTensor

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
