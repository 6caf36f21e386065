public import PinionTensor

/// The fraction of samples whose label is among the k most probable classes.
///
/// Of equally probable classes the one with the smaller index ranks higher, so that k = 1 gives
/// ``Accuracy``. (Keras 3 counts all classes tied with the k-th, which makes a constant prediction
/// correct.) A prediction that contains NaN is wrong. In outputs with more than one axis, such as
/// (H, W, C), every position counts.
public struct TopKAccuracy: WeightedMetric, Equatable, Codable {
  /// The number of classes that count as predicted, at least 1.
  public let k: Int

  private var correct = 0.0
  private var total = 0.0

  /// Default: k = 5, as Keras 3. Throws `ArgumentError` if k is not positive.
  public init(k: Int = 5) throws(ArgumentError) {
    guard k > 0 else {
      throw ArgumentError(place: "k of a top-k accuracy", expected: "at least 1", found: "\(k)")
    }
    self.k = k
  }

  private enum Keys: String, CodingKey { case k }

  /// Throws `DecodingError.dataCorrupted` unless k ≥ 1 and 0 ≤ correct ≤ total < 2⁵³.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    k = try container.decode(Int.self, forKey: .k)
    guard k > 0 else {
      throw DecodingError.dataCorruptedError(
        forKey: .k, in: container, debugDescription: "expected 1 or more, found \(k)")
    }
    let counts = try SampleCounts(from: decoder)
    (correct, total) = (counts.correct, counts.total)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(k, forKey: .k)
    try SampleCounts(correct: correct, total: total).encode(to: encoder)
  }

  /// Such as `top_5_accuracy`.
  public var name: String { "top_\(k)_accuracy" }

  public var higherIsBetter: Bool { true }

  /// True: logits are ordered as probabilities, unless rounding makes probabilities equal.
  public var usesOrderAlone: Bool { true }

  /// From 0 to 1; 0 without samples.
  public var value: Double { total > 0 ? correct / total : 0 }

  public mutating func reset() { (correct, total) = (0, 0) }

  /// Throws `ArgumentError` unless the outputs have at least two classes and the targets are class
  /// indices or one-hot.
  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name)
  }

  /// Adds a batch: predictions (N, …, C), probabilities or logits, and targets (N, …), (N, …, 1) or
  /// (N, …, C).
  ///
  /// Throws `ArgumentError` if the views do not have these shapes or a target is not a class; then
  /// the metric is unchanged.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    let batch = try LabeledPredictions(batch)
    var (hits, sum) = (0.0, 0.0)
    for row in 0..<batch.count {
      let weight = batch.weight(row)
      sum += weight
      if try isAmongFirst(batch.label(row), of: batch.prediction(row)) { hits += weight }
    }
    correct += hits
    total += sum
  }

  private func isAmongFirst(_ label: Int, of prediction: MemoryView<Float>) -> Bool {
    let own = prediction[label]
    var before = 0
    for other in prediction.indices {
      let value = prediction[other]
      if value.isNaN { return false }
      if value > own || (value == own && other < label) { before += 1 }
    }
    return before < k
  }
}
