public import PinionTensor

/// The share of samples whose own class is among the k most probable ones.
///
/// A class is among the k if fewer than k classes come before it; those come before that are more probable, or as probable
/// and of a smaller index. With k = 1 this is ``Accuracy``. (Keras 3 counts all classes tied with the k-th as among the k,
/// which gives a constant prediction full marks.) A prediction with a NaN in it is wrong. Of outputs with
/// more axes than one, such as (H, W, C), every position counts.
public struct TopKAccuracy: Metric, Equatable, Codable {
  /// The number of classes that count as predicted.
  public let k: Int

  private var correct = 0
  private var total = 0

  /// A top-k accuracy of no samples yet. Default: k = 5, as Keras 3.
  ///
  /// Throws ``ArgumentError`` if k is not positive.
  public init(k: Int = 5) throws(ArgumentError) {
    guard k > 0 else {
      throw ArgumentError(place: "k of a top-k accuracy", expected: "at least 1", found: "\(k)")
    }
    self.k = k
  }

  private enum Keys: String, CodingKey { case k }

  /// Reads k and the counts.
  ///
  /// Throws `DecodingError.dataCorrupted` unless k ≥ 1 and 0 ≤ correct ≤ total ≤ 2⁵³.
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

  /// Writes k and the counts.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(k, forKey: .k)
    try SampleCounts(correct: correct, total: total).encode(to: encoder)
  }

  /// `top_5_accuracy`, or whatever k is.
  public var name: String { "top_\(k)_accuracy" }

  /// True.
  public var higherIsBetter: Bool { true }

  /// True: logits are ordered as their probabilities, unless rounding makes these equal.
  public var usesOrderAlone: Bool { true }

  /// The share of correct samples, from 0 to 1; 0 if there are none.
  public var value: Double { total > 0 ? Double(correct) / Double(total) : 0 }

  /// Forgets all samples.
  public mutating func reset() { (correct, total) = (0, 0) }

  /// Throws ``ArgumentError`` unless the outputs hold two classes or more, and the targets are class indices or one-hot.
  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabelledPredictions.validate(output: output, target: target, for: name)
  }

  /// Takes the samples of a batch into account.
  ///
  /// - Parameters:
  ///   - predictions: (N, C) row-major, probabilities or logits.
  ///   - targets: (N, 1) class indices, or (N, C) one-hot.
  ///   - count: N.
  ///
  /// Throws ``ArgumentError`` if the views are not of these shapes or a target names no class; then no sample counts.
  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws(ArgumentError) {
    try add(LabelledPredictions(predictions: predictions, targets: targets, count: count))
  }

  /// Takes the positions of all samples of a batch into account: predictions (N, …, C), targets (N, …), (N, …, 1) or (N, …, C).
  ///
  /// Throws ``ArgumentError`` as the other; then nothing counts.
  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, classes: Int
  ) throws(ArgumentError) {
    try add(
      LabelledPredictions(
        predictions: predictions, targets: targets, count: count, classes: classes))
  }

  private mutating func add(_ batch: LabelledPredictions) throws(ArgumentError) {
    var hits = 0
    for row in 0..<batch.count where try isAmongFirst(batch.label(row), of: batch.prediction(row)) {
      hits += 1
    }
    correct += hits
    total += batch.count
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
