public import PinionTensor

/// The mean squared difference of probabilities and targets, as scikit-learn's `brier_score_loss`:
/// (p − y)² of one output, the mean over both of two classes, which is the same, and the sum over
/// three classes or more.
///
/// Targets are numbers in 0…1 or class indices. An output outside 0…1, such as a logit, is an
/// error. With weights Σ w·s / Σ w. NaN once an output is NaN.
public struct BrierScore: WeightedMetric, Equatable, Codable {
  public let name: String
  private var mean = RunningMean()

  public init(name: String = "brier_score") { self.name = name }

  public var higherIsBetter: Bool { false }

  /// 0 without samples.
  public var value: Double { mean.value }

  public mutating func reset() { mean = RunningMean() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
  }

  /// Throws `ArgumentError` if views have other shapes than ``MetricBatch`` says, a target is not a
  /// class or an output is not in 0…1; then the metric is unchanged.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    let batch = try LabeledPredictions(batch)
    var sum = mean
    for row in 0..<batch.count {
      let scores = batch.prediction(row)
      var score = 0.0
      for column in 0..<batch.classes {
        try batch.checkProbability(scores[column], row, for: name)
        let difference = Double(scores[column]) - (try batch.target(row, column))
        score += difference * difference
      }
      sum.add(batch.classes == 2 ? score / 2 : score, weight: batch.weight(row))
    }
    mean = sum
  }
}

/// Σ over bins of |accuracy − confidence| · share of the samples: how far the probability of the
/// predicted class is from the fraction of correct predictions (Guo et al. 2017).
///
/// The confidence, the largest probability, is sorted into bins (i / B, (i + 1) / B]. A single
/// output p denotes the probabilities 1 − p and p of two classes. With weights, each sample counts
/// as often as its weight. NaN once an output is NaN.
public struct ExpectedCalibrationError: WeightedMetric, Equatable, Codable {
  /// B.
  public let bins: Int
  public let name: String
  private var sums: [Sums] = []
  private var hasNaN = false

  struct Sums: Sendable, Equatable, Codable {
    var weight = 0.0
    var confidence = 0.0
    var correct = 0.0
  }

  /// Throws `ArgumentError` unless there are 1 to 2²⁰ bins.
  public init(
    bins: Int = 15, name: String = "expected_calibration_error"
  ) throws(ArgumentError) {
    guard (1...1 << 20).contains(bins) else {
      throw ArgumentError(
        place: "the bins of a calibration error", expected: "1 to \(1 << 20)", found: "\(bins)")
    }
    self.bins = bins
    self.name = name
  }

  public var higherIsBetter: Bool { false }

  /// From 0 to 1; 0 without samples.
  public var value: Double {
    let weight = sums.reduce(0) { $0 + $1.weight }
    guard !hasNaN, weight > 0 else { return hasNaN ? .nan : 0 }
    return sums.reduce(0) { $0 + abs($1.correct - $1.confidence) } / weight
  }

  public mutating func reset() { (sums, hasNaN) = ([], false) }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
  }

  /// Throws `ArgumentError` if views have other shapes than ``MetricBatch`` says, a target is not a
  /// class or a largest output is not in 0…1; the metric then holds a part of the batch.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    let batch = try LabeledPredictions(batch)
    if sums.count != bins { sums = Array(repeating: Sums(), count: bins) }
    for row in 0..<batch.count {
      guard let best = batch.predictedClass(row) else {
        hasNaN = true
        continue
      }
      let largest = batch.prediction(row)[best]
      try batch.checkProbability(largest, row, for: name)
      var confidence = Double(largest)
      var isCorrect: Bool
      if batch.classes == 1 {
        isCorrect = try batch.isPositive(row, 0) == (confidence > 0.5)
        confidence = Swift.max(confidence, 1 - confidence)
      } else {
        isCorrect = try batch.label(row) == best
      }
      let bin = (confidence * Double(bins)).rounded(.up) - 1
      let (index, weight) = (Swift.max(0, Swift.min(bins - 1, Int(bin))), batch.weight(row))
      sums[index].weight += weight
      sums[index].confidence += weight * confidence
      if isCorrect { sums[index].correct += weight }
    }
  }
}
