public import PinionTensor

/// The share of samples whose most probable class is their own: (1/N)·Σₙ [argmax pₙ = yₙ].
///
/// Of equally probable classes the first one counts, as in Keras 3. A prediction of nothing but NaN is wrong, and
/// a NaN beside numbers is below them all.
public struct Accuracy: Metric, Equatable, Codable {
  private var correct = 0
  private var total = 0

  /// An accuracy of no samples yet.
  public init() {}

  /// `accuracy`.
  public var name: String { "accuracy" }

  /// True.
  public var higherIsBetter: Bool { true }

  /// The share of correct samples, from 0 to 1; 0 if there are none.
  public var value: Double { total > 0 ? Double(correct) / Double(total) : 0 }

  /// Forgets all samples.
  public mutating func reset() { self = Accuracy() }

  /// Takes the samples of a batch into account.
  ///
  /// - Parameters:
  ///   - predictions: (N, C) row-major, probabilities or logits.
  ///   - targets: (N, 1) class indices, or (N, C) one-hot.
  ///   - count: N.
  ///
  /// Throws ``MetricError`` if the views are not of these shapes or a target names no class; then no sample counts.
  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws(MetricError) {
    let batch = try LabelledPredictions(predictions: predictions, targets: targets, count: count)
    var hits = 0
    for row in 0..<count where try batch.prediction(row).argmax() == batch.label(row) { hits += 1 }
    correct += hits
    total += count
  }
}
