public import PinionTensor

/// The root of the mean of (ŷ − y)² over all elements, as in Keras 3; with weights
/// √(Σ w·(ŷ − y)² / Σ w).
///
/// The mean errors themselves are the losses, measured by `LossMetric`. Outputs and targets: (N, …)
/// of the same shape.
public struct RootMeanSquaredError: WeightedMetric, Equatable, Codable {
  public let name: String
  private var mean = RunningMean()

  public init(name: String = "root_mean_squared_error") { self.name = name }

  public var higherIsBetter: Bool { false }

  /// 0 without samples.
  public var value: Double { mean.value.squareRoot() }

  public mutating func reset() { mean = RunningMean() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try RegressionBatch.validate(output: output, target: target, for: name)
  }

  /// Throws `ArgumentError` unless outputs, targets and weights have the same number of samples and
  /// elements; then the metric is unchanged.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    let batch = try RegressionBatch(batch)
    for sample in 0..<batch.count {
      for i in sample * batch.size..<(sample + 1) * batch.size {
        let difference = batch.output(i) - batch.target(i)
        mean.add(difference * difference, weight: batch.weight(sample))
      }
    }
  }
}

/// R² = 1 − Σ (ŷ − y)² / Σ (y − ȳ)², the share of the targets' variance that is explained: the mean
/// over the elements of a sample's last axis, as scikit-learn's `r2_score`.
///
/// For constant targets it is 1 if all outputs equal them, else 0; for fewer than two samples NaN.
/// (Keras 3 has NaN and 0.) With weights, each square is multiplied by its sample's weight. Outputs
/// and targets: (N, …, D) of the same shape.
public struct R2Score: WeightedMetric, Equatable, Codable {
  public let name: String
  private var columns: [Column] = []
  private var count = 0

  /// Sums of one element, the mean and the squares around it updated as by West (1979).
  struct Column: Sendable, Equatable, Codable {
    var weight = 0.0
    var mean = 0.0
    var squares = 0.0
    var residual = 0.0

    mutating func add(_ output: Double, _ target: Double, weight added: Double) {
      residual += added * (output - target) * (output - target)
      guard added > 0 else { return }
      weight += added
      let difference = target - mean
      mean += difference * added / weight
      squares += added * difference * (target - mean)
    }

    var score: Double { squares > 0 ? 1 - residual / squares : residual == 0 ? 1 : 0 }
  }

  public init(name: String = "r2_score") { self.name = name }

  public var higherIsBetter: Bool { true }

  /// At most 1; 0 without samples.
  public var value: Double {
    guard count > 1 else { return count == 0 ? 0 : .nan }
    if columns.contains(where: { $0.residual.isNaN || $0.squares.isNaN }) { return .nan }
    return columns.reduce(0) { $0 + $1.score } / Double(Swift.max(1, columns.count))
  }

  public mutating func reset() { (columns, count) = ([], 0) }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try RegressionBatch.validate(output: output, target: target, for: name)
  }

  /// Throws `ArgumentError` unless outputs, targets and weights have the same number of samples and
  /// elements, and as many along the last axis as before; then the metric is unchanged.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    let (width, values) = (Swift.max(1, batch.classes), try RegressionBatch(batch))
    if columns.isEmpty { columns = Array(repeating: Column(), count: width) }
    guard columns.count == width else {
      throw ArgumentError(
        place: "the outputs", expected: "\(columns.count) along the last axis", found: "\(width)")
    }
    for sample in 0..<values.count {
      for i in sample * values.size..<(sample + 1) * values.size {
        columns[i % width].add(values.output(i), values.target(i), weight: values.weight(sample))
      }
    }
    let (sum, overflow) = count.addingReportingOverflow(values.count * values.size / width)
    count = overflow ? .max : sum
  }
}

/// Outputs and targets of the same shape.
struct RegressionBatch {
  let count: Int
  /// The elements of a sample.
  let size: Int
  private let batch: MetricBatch

  init(_ batch: MetricBatch) throws(ArgumentError) {
    let (outputs, targets) = (batch.predictions.count, batch.targets.count)
    guard outputs == targets, batch.count >= 0, outputs.isMultiple(of: Swift.max(1, batch.count))
    else {
      throw ArgumentError(
        place: "the targets", expected: "\(outputs) numbers, as many as outputs",
        found: "\(targets) for \(batch.count) samples")
    }
    try batch.checkWeights()
    self.batch = batch
    count = batch.count
    size = outputs / Swift.max(1, batch.count)
  }

  func output(_ index: Int) -> Double { Double(batch.predictions[index]) }
  func target(_ index: Int) -> Double { Double(batch.targets[index]) }
  func weight(_ sample: Int) -> Double { batch.weights.map { Double($0[sample]) } ?? 1 }

  static func validate(output: Shape, target: Shape, for metric: String) throws(ArgumentError) {
    guard output != target else { return }
    throw ArgumentError(
      place: "the targets under the metric \"\(metric)\"",
      expected: "the output's shape \(output)", found: "the shape \(target)")
  }
}
