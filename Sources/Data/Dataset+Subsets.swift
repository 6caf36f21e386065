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

  /// The data set in two parts: the first ⌊n·(1 − f)⌋ samples to train on, the last ones to validate on.
  ///
  /// As Keras 3's `validation_split`: the fraction f is taken from the end, before any shuffling.
  /// Throws ``DatasetError`` unless 0 < f < 1 and neither part is empty.
  public func split(validation fraction: Double) throws(DatasetError)
    -> (training: DatasetSubset, validation: DatasetSubset)
  {
    guard fraction > 0, fraction < 1 else {
      throw DatasetError(
        place: "the validation fraction", expected: "a number between 0 and 1, both excluded",
        found: "\(fraction)")
    }
    let boundary = Int((Double(count) * (1 - fraction)).rounded(.down))
    guard boundary > 0, boundary < count else {
      throw DatasetError(
        place: "the split of \(count) samples by the validation fraction \(fraction)",
        expected: "at least one sample in each part",
        found: "\(boundary) for training, \(count - boundary) for validation")
    }
    return (
      DatasetSubset(of: self, SampleSelection(0..<boundary)),
      DatasetSubset(of: self, SampleSelection(boundary..<count))
    )
  }
}
