public import PinionTensor

/// TP / (TP + FP): the fraction of what was predicted as a class that is of the class.
///
/// A single output above ½ is positive; of several classes the first most probable one is
/// predicted, as in scikit-learn on class indices. With a threshold, every class above it is
/// predicted, as in Keras 3, whose default is 0.5. A target is a class index, or positive above ½.
/// Without predictions of a class its precision is 0, as in both. Samples count as often as their
/// weights say. NaN once an output is NaN.
public struct Precision: WeightedMetric, Equatable, Codable {
  /// Outputs above it are predicted as their class. Nil, the default: the first most probable
  /// class is predicted, and a single output is positive above ½.
  public let threshold: Float?
  /// The average of ``values`` that is the metric's ``value``. A single output is one class, the
  /// positive one. Default: macro.
  public let average: ClassAverage
  public let name: String
  private var counts = ClassCounts()

  /// Defaults: the most probable class instead of a threshold, the mean over all classes.
  public init(
    threshold: Float? = nil, average: ClassAverage = .macro, name: String = "precision"
  ) {
    self.threshold = threshold
    self.average = average
    self.name = name
  }

  public var higherIsBetter: Bool { true }
  public var value: Double { counts.average(average, Self.score) }

  /// The precision of each class; empty without samples.
  public var values: [Double] { counts.scores(Self.score) }

  private static func score(_ counts: ClassCounts.Counts) -> (part: Double, whole: Double) {
    (counts.truePositives, counts.predicted)
  }

  public mutating func reset() { counts = ClassCounts() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try ClassCounts.validate(output: output, target: target, average, for: name)
  }

  /// Throws `ArgumentError` if views have other shapes than ``MetricBatch`` says or a target is not
  /// a class; then the metric is unchanged.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    try counts.add(LabeledPredictions(batch), threshold: threshold)
  }
}

/// TP / (TP + FN): the fraction of a class that was predicted as the class.
///
/// Predictions, targets, averages, weights and NaN are as for ``Precision``; a class without
/// samples has recall 0.
public struct Recall: WeightedMetric, Equatable, Codable {
  /// Outputs above it are predicted as their class. Nil, the default: the first most probable
  /// class is predicted, and a single output is positive above ½.
  public let threshold: Float?
  /// The average of ``values`` that is the metric's ``value``. A single output is one class, the
  /// positive one. Default: macro.
  public let average: ClassAverage
  public let name: String
  private var counts = ClassCounts()

  /// Defaults: the most probable class instead of a threshold, the mean over all classes.
  public init(threshold: Float? = nil, average: ClassAverage = .macro, name: String = "recall") {
    self.threshold = threshold
    self.average = average
    self.name = name
  }

  public var higherIsBetter: Bool { true }
  public var value: Double { counts.average(average, Self.score) }

  /// The recall of each class; empty without samples.
  public var values: [Double] { counts.scores(Self.score) }

  private static func score(_ counts: ClassCounts.Counts) -> (part: Double, whole: Double) {
    (counts.truePositives, counts.actual)
  }

  public mutating func reset() { counts = ClassCounts() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try ClassCounts.validate(output: output, target: target, average, for: name)
  }

  /// Throws as ``Precision/add(_:)``.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    try counts.add(LabeledPredictions(batch), threshold: threshold)
  }
}

/// (1 + β²) · TP / ((1 + β²) · TP + β² · FN + FP), the weighted harmonic mean of precision and
/// recall: F₁ for β = 1.
///
/// Predictions, targets, averages, weights and NaN are as for ``Precision``; a class without
/// samples and predictions has 0. (Keras 3 predicts all classes of equal largest probability.)
public struct FBetaScore: WeightedMetric, Equatable, Codable {
  /// How much more recall counts than precision; positive.
  public let beta: Double
  /// Outputs above it are predicted as their class. Nil, the default: the first most probable
  /// class is predicted, and a single output is positive above ½.
  public let threshold: Float?
  /// The average of ``values`` that is the metric's ``value``. A single output is one class, the
  /// positive one. Default: macro.
  public let average: ClassAverage
  public let name: String
  private var counts = ClassCounts()

  /// Defaults: β = 1, the most probable class instead of a threshold, the mean over all classes.
  ///
  /// - Parameter name: Default: `f1_score` for β = 1, else `fbeta_score`, as Keras 3.
  ///
  /// Throws `ArgumentError` unless β is positive and finite.
  public init(
    beta: Double = 1, threshold: Float? = nil, average: ClassAverage = .macro, name: String? = nil
  ) throws(ArgumentError) {
    guard beta > 0 && beta.isFinite else {
      throw ArgumentError(
        place: "beta of an F-score", expected: "a positive, finite number", found: "\(beta)")
    }
    self.beta = beta
    self.threshold = threshold
    self.average = average
    self.name = name ?? (beta == 1 ? "f1_score" : "fbeta_score")
  }

  public var higherIsBetter: Bool { true }
  public var value: Double { counts.average(average, score) }

  /// The score of each class; empty without samples.
  public var values: [Double] { counts.scores(score) }

  private func score(_ counts: ClassCounts.Counts) -> (part: Double, whole: Double) {
    let square = beta * beta
    return ((1 + square) * counts.truePositives, square * counts.actual + counts.predicted)
  }

  public mutating func reset() { counts = ClassCounts() }

  public func validate(output: Shape, target: Shape) throws(ArgumentError) {
    try ClassCounts.validate(output: output, target: target, average, for: name)
  }

  /// Throws as ``Precision/add(_:)``.
  public mutating func add(_ batch: MetricBatch) throws(ArgumentError) {
    try counts.add(LabeledPredictions(batch), threshold: threshold)
  }
}
