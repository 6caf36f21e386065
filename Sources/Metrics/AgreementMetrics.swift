public import PinionTensor

/// The weight of samples of each true and each predicted class.
///
/// A single output above ½ is class 1, otherwise class 0; of several classes the first most
/// probable one is predicted.
struct ClassTable: Sendable, Equatable, Codable {
  private(set) var classes = 0
  /// (classes, classes), true by predicted.
  private var counts: [Double] = []
  private(set) var hasNaN = false

  subscript(_ actual: Int, _ predicted: Int) -> Double { counts[actual * classes + predicted] }

  /// The weight of each true class, of each predicted one, and of all.
  var totals: (actual: [Double], predicted: [Double], all: Double) {
    let range = 0..<classes
    return (
      range.map { row in range.reduce(0) { $0 + self[row, $1] } },
      range.map { column in range.reduce(0) { $0 + self[$1, column] } }, counts.reduce(0, +)
    )
  }

  /// Throws if a target is not a class or the batch has another number of classes than before.
  mutating func add(_ batch: LabeledPredictions) throws(ArgumentError) {
    let found = Swift.max(2, batch.classes)
    if classes == 0, counts.isEmpty, found <= ConfusionMatrix.classLimit {
      classes = found
      counts = Array(repeating: 0, count: found * found)
    }
    guard classes == found, counts.count == found * found else {
      throw ArgumentError(
        place: "the predictions",
        expected: classes == 0 ? "at most \(ConfusionMatrix.classLimit)" : "\(classes) classes",
        found: "\(batch.classes)")
    }
    for row in 0..<batch.count {
      guard let best = batch.predictedClass(row) else {
        hasNaN = true
        continue
      }
      let isBinary = batch.classes == 1
      let predicted = isBinary ? (batch.prediction(row)[0] > 0.5 ? 1 : 0) : best
      let actual = isBinary ? (try batch.isPositive(row, 0) ? 1 : 0) : try batch.label(row)
      counts[actual * classes + predicted] += batch.weight(row)
    }
  }
}

/// κ = 1 − Σ w·observed / Σ w·expected, the agreement of predictions and labels beyond chance, as
/// scikit-learn's `cohen_kappa_score`.
///
/// w is 0 on the diagonal, and elsewhere 1 or, for ordered classes, a function of the distance of
/// two classes. NaN if the agreement expected by chance is 1, as with one class, and once an output
/// is NaN.
public struct CohenKappa: WeightedMetric, Equatable, Codable {
  /// The weight w of samples of class i that are predicted as class j, or the reverse; i ≠ j.
  public enum Distance: String, Sendable, Codable {
    /// 1 between any two classes.
    case equal
    /// |i − j|.
    case linear
    /// (i − j)².
    case quadratic
  }

  public let distance: Distance
  public let name: String
  private var table = ClassTable()

  public init(distance: Distance = .equal, name: String = "cohen_kappa") {
    self.distance = distance
    self.name = name
  }

  public var higherIsBetter: Bool { true }

  /// At most 1; 0 without samples.
  public var value: Double {
    guard !table.hasNaN else { return .nan }
    let (actual, predicted, all) = table.totals
    guard all > 0 else { return 0 }
    var (observed, expected) = (0.0, 0.0)
    for i in 0..<table.classes {
      for j in 0..<table.classes where i != j {
        let difference = Double(i - j)
        let weight =
          switch distance {
          case .equal: 1.0
          case .linear: abs(difference)
          case .quadratic: difference * difference
          }
        observed += weight * table[i, j]
        expected += weight * actual[i] * predicted[j] / all
      }
    }
    return expected > 0 ? 1 - observed / expected : .nan
  }

  public mutating func reset() { table = ClassTable() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
  }

  /// Throws `ArgumentError` if views have other shapes than ``MetricBatch`` says or a target is not
  /// a class; the metric then holds a part of the batch.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    try table.add(LabeledPredictions(batch))
  }
}

/// The Matthews correlation coefficient of predicted and true classes, from −1 to 1, as
/// scikit-learn's `matthews_corrcoef`.
///
/// 0 where all samples have one class or one prediction; NaN once an output is NaN.
public struct MatthewsCorrelation: WeightedMetric, Equatable, Codable {
  public let name: String
  private var table = ClassTable()

  public init(name: String = "matthews_correlation") { self.name = name }

  public var higherIsBetter: Bool { true }

  /// 0 without samples.
  public var value: Double {
    guard !table.hasNaN else { return .nan }
    let (actual, predicted, all) = table.totals
    var (correct, products, squares, predictedSquares) = (0.0, 0.0, 0.0, 0.0)
    for i in 0..<table.classes {
      correct += table[i, i]
      products += actual[i] * predicted[i]
      squares += actual[i] * actual[i]
      predictedSquares += predicted[i] * predicted[i]
    }
    let spread = (all * all - squares) * (all * all - predictedSquares)
    return spread > 0 ? (correct * all - products) / spread.squareRoot() : 0
  }

  public mutating func reset() { table = ClassTable() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
  }

  /// Throws as ``CohenKappa/add(_:)``.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    try table.add(LabeledPredictions(batch))
  }
}

/// The mean over classes of TP / (TP + FP + FN), the intersection over union of the predictions and
/// the targets of a class, as Keras 3's `MeanIoU` of the most probable classes.
///
/// Classes that occur neither in targets nor in predictions are left out. For segmentation, outputs
/// (H, W, C) with targets (H, W) or (H, W, 1). NaN once an output is NaN.
public struct MeanIoU: WeightedMetric, Equatable, Codable {
  public let name: String
  private var table = ClassTable()

  public init(name: String = "mean_io_u") { self.name = name }

  public var higherIsBetter: Bool { true }

  /// From 0 to 1; 0 without samples.
  public var value: Double {
    guard !table.hasNaN else { return .nan }
    let (actual, predicted, _) = table.totals
    var (sum, count) = (0.0, 0.0)
    for i in 0..<table.classes {
      let union = actual[i] + predicted[i] - table[i, i]
      guard union > 0 else { continue }
      sum += table[i, i] / union
      count += 1
    }
    return count > 0 ? sum / count : 0
  }

  public mutating func reset() { table = ClassTable() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try LabeledPredictions.validate(output: output, target: target, for: name, minimum: 1)
  }

  /// Throws as ``CohenKappa/add(_:)``.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    try table.add(LabeledPredictions(batch))
  }
}
