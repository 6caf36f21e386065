public import PinionTensor

/// A data set with given weights of the samples.
public struct WeightedDataset: WrappingDataset {
  public let base: any Dataset
  /// (count,)
  private let weights: [Float]

  /// The weights must have been checked.
  init(_ base: any Dataset, _ weights: [Float]) {
    self.base = base
    self.weights = weights
  }

  public var hasWeights: Bool { true }

  public func weight(at index: Int) throws -> Float {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    return base.hasWeights ? try base.weight(at: index) * weights[index] : weights[index]
  }

  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    sample.weight = 1
    try SampleContext.run(or: self) { _ in
      try base.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
    }
    sample.weight *= weights[index]
  }
}

/// Samples drawn at random from a data set, with replacement, anew in each epoch.
///
/// Sample i of an epoch is a function of the seed, the epoch and i: the base's sample j with
/// probability wⱼ / Σ w. Outside training, the draws are a function of the seed and i alone. As
/// PyTorch's `WeightedRandomSampler`.
public struct ResampledDataset: WrappingDataset {
  public let base: any Dataset
  /// w₀, w₀ + w₁, …
  private let sums: [Double]
  private let stream: RandomStream
  public let count: Int

  /// The weights must have been checked, and their sum be positive.
  init(_ base: any Dataset, weights: [Float], count: Int, seed: UInt64) {
    self.base = base
    self.count = count
    var sum = 0.0
    sums = weights.map { weight in
      sum += Double(weight)
      return sum
    }
    stream = RandomStream(seed: seed, purpose: "resampling")
  }

  /// The draw outside training.
  public func baseIndex(of index: Int) -> Int { draw(index) }

  /// Throws ``SampleError`` with the index in the base, since a sample of another epoch is at
  /// `index` elsewhere.
  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    let drawn = draw(index, epoch: epoch)
    try base.reading(drawn) {
      try SampleContext.run(or: self) { _ in
        try base.copySample(at: drawn, epoch: epoch, into: sample, scratch: scratch)
      }
    }
  }

  /// The first j for which w₀ + … + wⱼ exceeds u·Σ w, u uniform in [0, 1).
  private func draw(_ index: Int, epoch: Int? = nil) -> Int {
    require(index >= 0 && index < count, "sample \(index) of \(count)")
    let occasion = epoch.map { stream.substream($0) } ?? stream
    var random = occasion.substream(index).generator
    let total = sums[sums.count - 1]
    let point = min(random.uniform() * total, total.nextDown)
    var (low, high) = (0, sums.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if sums[middle] > point { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension Dataset {
  /// The data set with weights, by which the losses of samples are multiplied. A sample that
  /// already has a weight gets the product of both.
  ///
  /// - Parameter weights: One for each sample, finite and not negative.
  ///
  /// Throws `ArgumentError` if there is another number of them or one is invalid.
  public func weighted(by weights: [Float]) throws(ArgumentError) -> WeightedDataset {
    try ArgumentError.check(weights: weights, ofSamples: count)
    return WeightedDataset(self, weights)
  }

  /// The data set with a weight for each class, also in evaluation; `fit` has an argument for those
  /// of training alone.
  ///
  /// - Parameter weights: One for each class, finite and not negative.
  ///
  /// Reads all targets. Throws `ArgumentError` if targets are neither class indices nor one-hot,
  /// there is a class without weight or a weight is invalid, ``SampleError`` if a target cannot be
  /// read.
  public func weighted(byClass weights: [Float]) throws -> WeightedDataset {
    WeightedDataset(self, try weightsOfSamples(byClass: weights))
  }

  /// `count` samples drawn at random with replacement, anew in each epoch of training.
  ///
  /// - Parameters:
  ///   - count: The number of samples in an epoch. Default: as many as there are.
  ///   - weights: The relative probability of each sample: finite and not negative.
  ///   - seed: Determines the draws, together with the epoch. Default: 0.
  ///
  /// Throws `ArgumentError` if the count is negative, there is another number of weights, one is
  /// invalid, or all are 0.
  public func resampled(
    _ count: Int? = nil, weights: [Float], seed: UInt64 = 0
  ) throws(ArgumentError) -> ResampledDataset {
    try ArgumentError.check(weights: weights, ofSamples: self.count)
    let count = count ?? self.count
    guard count >= 0 else {
      throw ArgumentError(
        place: "the number of samples to draw", expected: "at least 0", found: "\(count)")
    }
    guard count == 0 || weights.contains(where: { $0 > 0 }) else {
      throw ArgumentError(
        place: "the weights to draw samples by", expected: "a positive one", found: "none")
    }
    return ResampledDataset(self, weights: weights, count: count, seed: seed)
  }

  /// `count` samples drawn at random with replacement, anew in each epoch, of each class with a
  /// probability proportional to its weight, regardless of its number of samples.
  ///
  /// - Parameters:
  ///   - weights: The relative probability of each class. Default: equal.
  ///
  /// Throws as ``weighted(byClass:)`` and ``resampled(_:weights:seed:)``.
  public func resampled(
    _ count: Int? = nil, byClass weights: [Float]? = nil, seed: UInt64 = 0
  ) throws -> ResampledDataset {
    let counts = try classCounts() ?? []
    let weights = weights ?? [Float](repeating: 1, count: counts.count)
    let scaled = zip(weights, counts).map { weight, count in weight / Float(max(count, 1)) }
    let rest = weights.dropFirst(counts.count)
    return try resampled(
      count, weights: weightsOfSamples(byClass: scaled + rest), seed: seed)
  }

  private func weightsOfSamples(byClass weights: [Float]) throws -> [Float] {
    guard let labels = try classLabels() else {
      throw ArgumentError(
        place: "the targets to weigh by", expected: "class indices or one-hot vectors",
        found: "others of shape \(targetShape)")
    }
    for (label, weight) in weights.enumerated() {
      try ArgumentError.check(weight: weight, "the weight of class \(label)")
    }
    if let label = labels.first(where: { $0 >= weights.count }) {
      throw ArgumentError(
        place: "the weights of classes", expected: "one for class \(label)",
        found: "\(weights.count)")
    }
    return labels.map { weights[$0] }
  }
}

extension ArgumentError {
  /// Throws unless there is a weight for each of `count` samples, finite and not negative.
  static func check(weights: [Float], ofSamples count: Int) throws(ArgumentError) {
    try check(
      "the number of weights", expected: count, because: "one for each sample",
      found: weights.count)
    for (sample, weight) in weights.enumerated() { try check(weight: weight, "weight \(sample)") }
  }
}
