public import PinionTensor

/// The share of samples whose most probable class is their own: (1/N)·Σₙ [argmax pₙ = yₙ].
///
/// Of equally probable classes the first one counts, as in Keras 3. A prediction with a NaN in it is wrong. Of outputs with more
/// axes than one, such as (H, W, C), every position counts, as in Keras.
public struct Accuracy: Metric, Equatable, Codable {
  private var correct = 0
  private var total = 0

  /// An accuracy of no samples yet.
  public init() {}

  /// Reads the counts.
  ///
  /// Throws `DecodingError.dataCorrupted` unless 0 ≤ correct ≤ total ≤ 2⁵³.
  public init(from decoder: any Decoder) throws {
    let counts = try SampleCounts(from: decoder)
    (correct, total) = (counts.correct, counts.total)
  }

  /// Writes the counts.
  public func encode(to encoder: any Encoder) throws {
    try SampleCounts(correct: correct, total: total).encode(to: encoder)
  }

  /// `accuracy`.
  public var name: String { "accuracy" }

  /// True.
  public var higherIsBetter: Bool { true }

  /// True: the first largest logit is the first largest probability, unless rounding makes probabilities equal.
  public var usesOrderAlone: Bool { true }

  /// The share of correct samples, from 0 to 1; 0 if there are none.
  public var value: Double { total > 0 ? Double(correct) / Double(total) : 0 }

  /// Forgets all samples.
  public mutating func reset() { self = Accuracy() }

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
    for row in 0..<batch.count where try batch.predictedClass(row) == batch.label(row) { hits += 1 }
    correct += hits
    total += batch.count
  }
}

/// How many of some samples count as correct, as metrics save it.
struct SampleCounts: Codable {
  /// More samples than any run sees, and few enough that a sum with a batch's does not overflow.
  private static let limit = 1 << 53

  let correct, total: Int

  init(correct: Int, total: Int) {
    self.correct = correct
    self.total = total
  }

  private enum Keys: String, CodingKey { case correct, total }

  /// Throws `DecodingError.dataCorrupted` unless 0 ≤ correct ≤ total ≤ 2⁵³.
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    total = try container.decode(Int.self, forKey: .total)
    correct = try container.decode(Int.self, forKey: .correct)
    guard (0...Self.limit).contains(total) else {
      throw DecodingError.dataCorruptedError(
        forKey: .total, in: container,
        debugDescription: "expected 0...\(Self.limit) samples, found \(total)")
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
  /// The position of the first element that is greatest, or NaN; nil if there are no elements. As NumPy's `argmax`.
  ///
  /// Who takes the position for a prediction looks whether NaN stands there, as ``Accuracy`` does.
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
