public import PinionTensor

extension Dataset {
  /// Splits the data set into k folds for cross-validation: each fold is the validation data once,
  /// with the other folds as the training data.
  ///
  /// ```swift
  /// for (training, validation) in try images.kFold(5, seed: 1) { … }
  /// ```
  /// Every sample is in exactly one fold; of n samples the first n mod k folds have one more. Folds
  /// as scikit-learn's `KFold`. Mixed samples (`MixUp`, `CutMix`) take their partners from the same
  /// training part, as those of ``split(validation:selecting:)``.
  ///
  /// - Parameters:
  ///   - k: The number of folds, from 2 to the number of samples.
  ///   - seed: Determines a random order of the samples before they are split. Default: nil, for
  ///     consecutive samples.
  ///
  /// Throws `ArgumentError` if `k` is outside its range.
  public func kFold(
    _ k: Int, seed: UInt64? = nil
  ) throws(ArgumentError) -> [(training: DatasetSubset, validation: DatasetSubset)] {
    try checkFolds(k)
    let order =
      seed.map { RandomStream(seed: $0, purpose: "k-fold").permutation(of: count) }
      ?? Array(0..<count)
    var folds = [Int](repeating: 0, count: count)
    var start = 0
    for fold in 0..<k {
      let end = start + count / k + (fold < count % k ? 1 : 0)
      for index in order[start..<end] { folds[index] = fold }
      start = end
    }
    return parts(folds, k)
  }

  /// As ``kFold(_:seed:)``, with the same fraction of each class in every fold, to one sample.
  ///
  /// Folds as scikit-learn's `StratifiedKFold`: with the same samples if there is no seed, of the
  /// same sizes for each class otherwise.
  ///
  /// Reads all targets. Throws `ArgumentError` if targets are neither class indices nor one-hot, or
  /// a class has fewer than k samples, ``SampleError`` if a target cannot be read.
  public func stratifiedKFold(
    _ k: Int, seed: UInt64? = nil
  ) throws -> [(training: DatasetSubset, validation: DatasetSubset)] {
    try checkFolds(k)
    guard let labels = try classLabels() else {
      throw ArgumentError(
        place: "the targets to stratify by", expected: "class indices or one-hot vectors",
        found: "others of shape \(targetShape)")
    }
    var counts = [Int](repeating: 0, count: (labels.max() ?? -1) + 1)
    // scikit-learn numbers the classes as they appear.
    var appearance: [Int] = []
    for label in labels {
      if counts[label] == 0 { appearance.append(label) }
      counts[label] += 1
    }
    if let rare = counts.indices.first(where: { (1..<k).contains(counts[$0]) }) {
      throw ArgumentError(
        place: "\(className(rare)) of stratified folds", expected: "a sample for each of \(k)",
        found: "\(counts[rare])")
    }
    // The samples sorted by class are dealt to the folds in turn, which gives the number of each
    // class in each fold; the first samples of a class go to the first fold, and so on.
    var folds = counts.map { [Int](repeating: 0, count: $0) }
    var position = 0
    for label in appearance {
      var numbers = [Int](repeating: 0, count: k)
      for place in position..<position + counts[label] { numbers[place % k] += 1 }
      position += counts[label]
      folds[label] = numbers.indices.flatMap { [Int](repeating: $0, count: numbers[$0]) }
      if let seed {
        RandomStream(seed: seed, purpose: "stratified k-fold", label).shuffle(&folds[label])
      }
    }
    var taken = [Int](repeating: 0, count: counts.count)
    let foldOfSample = labels.map { label in
      defer { taken[label] += 1 }
      return folds[label][taken[label]]
    }
    return parts(foldOfSample, k)
  }

  private func checkFolds(_ k: Int) throws(ArgumentError) {
    guard k >= 2, k <= count else {
      throw ArgumentError(
        place: "the number of folds",
        expected: count < 2 ? "at least two samples" : "2...\(count), as there are samples",
        found: count < 2 ? "\(count)" : "\(k)")
    }
  }

  private func parts(
    _ folds: [Int], _ k: Int
  ) -> [(training: DatasetSubset, validation: DatasetSubset)] {
    (0..<k).map { fold in
      let (training, validation) = (
        folds.indices.filter { folds[$0] != fold }, folds.indices.filter { folds[$0] == fold }
      )
      return (
        DatasetSubset(of: self, SampleSelection(training)),
        DatasetSubset(of: self, SampleSelection(validation))
      )
    }
  }
}

extension Dataset {
  /// A class for errors: `class 3 "cat"`.
  func className(_ label: Int) -> String {
    let name = classNames.flatMap { $0.indices.contains(label) ? " \"\($0[label])\"" : nil } ?? ""
    return "class \(label)\(name)"
  }
}
