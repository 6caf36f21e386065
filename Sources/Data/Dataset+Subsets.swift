internal import PinionTensor

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
  /// Throws ``DatasetError`` if the range reaches outside the data set.
  public func subset(_ range: Range<Int>) throws(DatasetError) -> DatasetSubset {
    guard range.lowerBound >= 0, range.upperBound <= count else {
      throw DatasetError(
        place: "the subset's range", expected: "a part of 0..<\(count)", found: "\(range)")
    }
    return DatasetSubset(of: self, SampleSelection(range))
  }

  /// The samples at the given indices, in that order; an index may occur more than once.
  ///
  /// Throws ``DatasetError`` with the place of the first index outside the data set.
  public func subset(_ indices: [Int]) throws(DatasetError) -> DatasetSubset {
    try DatasetError.check(indices, named: "index", within: count)
    return DatasetSubset(of: self, SampleSelection(indices))
  }
}
