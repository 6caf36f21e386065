public import PinionTensor

/// The fraction of samples whose most probable class is their label: (1/N)·Σₙ [argmax pₙ = yₙ];
/// with weights Σ w·[…] / Σ w.
///
/// Of equally probable classes the first counts, as in Keras 3. A prediction that contains NaN is
/// wrong. In outputs with more than one axis, such as (H, W, C), every position counts, as in
/// Keras.
public struct Accuracy: WeightedMetric, Equatable, Codable {
  private var correct = 0.0
  private var total = 0.0

  public init() {}

  /// Throws `DecodingError.dataCorrupted` unless 0 ≤ correct ≤ total < 2⁵³.
  public init(from decoder: any Decoder) throws {
    let counts = try SampleCounts(from: decoder)
    (correct, total) = (counts.correct, counts.total)
  }

  public func encode(to encoder: any Encoder) throws {
    try SampleCounts(correct: correct, total: total).encode(to: encoder)
  }

  /// `accuracy`.
  public var name: String { "accuracy" }

  public var higherIsBetter: Bool { true }

  /// True: the largest logit is the largest probability, unless rounding makes probabilities equal.
  public var usesOrderAlone: Bool { true }

  /// From 0 to 1; 0 without samples.
  public var value: Double { total > 0 ? correct / total : 0 }

  public mutating func reset() { self = Accuracy() }

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
      if try batch.predictedClass(row) == batch.label(row) { hits += weight }
    }
    correct += hits
    total += sum
  }
}

/// The saved form of metrics that count correct samples.
struct SampleCounts: Codable {
  /// Bounds saved counts so that adding a batch cannot overflow.
  private static let limit = 1 << 53

  let correct, total: Double

  init(correct: Double, total: Double) {
    self.correct = correct
    self.total = total
  }

  private enum Keys: String, CodingKey { case correct, total }

  /// Throws `DecodingError.dataCorrupted` unless 0 ≤ correct ≤ total < 2⁵³.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    total = try container.decode(Double.self, forKey: .total)
    correct = try container.decode(Double.self, forKey: .correct)
    guard (0..<Double(Self.limit)).contains(total) else {
      throw DecodingError.dataCorruptedError(
        forKey: .total, in: container,
        debugDescription: "expected 0..<\(Self.limit) samples, found \(total)")
    }
    guard (0...total).contains(correct) else {
      throw DecodingError.dataCorruptedError(
        forKey: .correct, in: container,
        debugDescription: "expected 0...\(total) samples, found \(correct)")
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(correct, forKey: .correct)
    try container.encode(total, forKey: .total)
  }
}

extension MemoryView where Element == Float {
  /// The position of the first largest element, or of the first NaN if there is one, as NumPy's
  /// `argmax`; nil if there are no elements.
  public func argmax() -> Int? {
    guard count > 0 else { return nil }
    var best = 0
    var largest = self[0]
    for position in indices.dropFirst() {
      if largest.isNaN { break }
      let value = self[position]
      if value > largest || value.isNaN { (best, largest) = (position, value) }
    }
    return best
  }
}

/// The fraction of outputs whose binary prediction equals that of their target.
///
/// An output above the threshold is positive, as in Keras 3, and so is a target above ½. In outputs
/// of several classes every class counts. Targets that are class indices are treated as one-hot.
/// With weights Σ w·[…] / Σ w. NaN once an output is NaN.
public struct BinaryAccuracy: WeightedMetric, Equatable, Codable {
  /// The largest output that is a negative prediction.
  public let threshold: Float
  public let name: String
  private var correct = 0.0
  private var total = 0.0
  private var hasNaN = false

  /// Default: 0.5, for probabilities; 0 is the threshold of logits.
  public init(threshold: Float = 0.5, name: String = "binary_accuracy") {
    self.threshold = threshold
    self.name = name
  }

  public var higherIsBetter: Bool { true }

  /// From 0 to 1; 0 without samples.
  public var value: Double { hasNaN ? .nan : total > 0 ? correct / total : 0 }

  public mutating func reset() { self = BinaryAccuracy(threshold: threshold, name: name) }

  /// Throws `ArgumentError` unless the targets have the outputs' shape or are class indices.
  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
  }

  /// Throws `ArgumentError` if views have other shapes than ``MetricBatch`` says or a target is not
  /// a class; then the metric is unchanged.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    let batch = try LabeledPredictions(batch)
    var sum = self
    for row in 0..<batch.count {
      let (weight, scores) = (batch.weight(row), batch.prediction(row))
      for column in 0..<batch.classes {
        let score = scores[column]
        if score.isNaN { sum.hasNaN = true }
        sum.total += weight
        if try batch.isPositive(row, column) == (score > threshold) { sum.correct += weight }
      }
    }
    self = sum
  }
}
