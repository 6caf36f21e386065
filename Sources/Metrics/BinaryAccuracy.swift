public import PinionTensor

/// The fraction of outputs on the side of the threshold that their targets say: each output is a
/// yes or a no by itself.
///
/// An output above the threshold is a yes, as in Keras 3, and so is a target above ½. In outputs of
/// several classes every class counts. Targets that are class indices stand for one-hot ones. With
/// weights Σ w·[…] / Σ w. NaN once an output is NaN.
public struct BinaryAccuracy: WeightedMetric, Equatable, Codable {
  /// The largest output that is a no.
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
