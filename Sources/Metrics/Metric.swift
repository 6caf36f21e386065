public import PinionTensor

/// A measure of predictions, accumulated batch by batch.
///
/// A checkpoint keeps the coding of a metric, hyperparameters and sums. Predictions are the
/// network's outputs, in training as in `evaluate`: probabilities where it ends with a softmax.
public protocol Metric: Configurable {
  /// The name in logs, such as `accuracy`.
  var name: String { get }

  /// Whether callbacks that compare epochs maximize the value by default, instead of minimizing it.
  var higherIsBetter: Bool { get }

  /// Whether the value depends on the order of a sample's predictions alone. Default: false.
  ///
  /// Such a metric gets logits in training, which saves the last softmax. Logits that the rounding
  /// of the softmax would make equal probabilities then count as different.
  var usesOrderAlone: Bool { get }

  /// The value over all samples since the last ``reset()``; 0 without samples.
  var value: Double { get }

  mutating func reset()

  /// Throws unless the metric applies to outputs of shape `output` and targets of shape `target`,
  /// both of one sample. Called before training. Default: accepts all.
  func validate(output: Shape, target: Shape) throws

  /// Adds the samples of a batch.
  ///
  /// - Parameters:
  ///   - predictions: (N, C) row-major: probabilities, or logits if ``usesOrderAlone``.
  ///   - targets: (N, 1) class indices as floats, or (N, C) values such as one-hot.
  ///   - count: N.
  ///
  /// Throws if the views do not have these shapes or a target is not a class.
  mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws

  /// Adds a batch of outputs with any number of axes: predictions (N, …, C), targets (N, …), (N, …,
  /// 1) or (N, …, C). Default: ``add(predictions:targets:count:)``.
  ///
  /// - Parameter classes: C, the last axis of the outputs.
  mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, classes: Int
  ) throws

  /// Adds a batch, with the samples' weights if it has them. Default:
  /// ``add(predictions:targets:count:classes:)``, which throws `ArgumentError` for a batch with
  /// weights. A ``WeightedMetric`` implements this alone.
  ///
  /// The library's metrics throw `ArgumentError` unless the views have the sizes that
  /// ``MetricBatch`` says and the weights are finite and not negative.
  mutating func add(_ batch: MetricBatch) throws
}

extension Metric {
  public var usesOrderAlone: Bool { false }

  public func validate(output: Shape, target: Shape) throws {}

  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, classes: Int
  ) throws {
    try add(predictions: predictions, targets: targets, count: count)
  }

  public mutating func add(_ batch: MetricBatch) throws {
    guard batch.weights == nil else { throw ArgumentError.unweighted(name) }
    try add(
      predictions: batch.predictions, targets: batch.targets, count: batch.count,
      classes: batch.classes)
  }
}

/// A metric with a weighted form, in which each sample counts as often as its weight says.
public protocol WeightedMetric: Metric {}

extension WeightedMetric {
  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws {
    let width = count > 0 ? predictions.count / count : 1
    try add(
      predictions: predictions, targets: targets, count: count, classes: Swift.max(1, width))
  }

  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, classes: Int
  ) throws {
    let positions = count > 0 ? predictions.count / (count * Swift.max(1, classes)) : 1
    try add(
      MetricBatch(
        predictions: predictions, targets: targets, count: count,
        outputShape: positions == 1 ? [classes] : [positions, classes]))
  }
}

/// The outputs and targets of a batch of samples.
public struct MetricBatch {
  /// (N, …, C) row-major.
  public let predictions: MemoryView<Float>
  /// (N, …), (N, …, 1) or (N, …, C).
  public let targets: MemoryView<Float>
  /// (N,), finite and not negative, or nil if every sample counts once.
  public let weights: MemoryView<Float>?
  /// N.
  public let count: Int
  /// (…, C), of one sample.
  public let outputShape: Shape

  public init(
    predictions: MemoryView<Float>, targets: MemoryView<Float>,
    weights: MemoryView<Float>? = nil, count: Int, outputShape: Shape
  ) {
    self.predictions = predictions
    self.targets = targets
    self.weights = weights
    self.count = count
    self.outputShape = outputShape
  }

  /// C, the last axis of the outputs.
  public var classes: Int { outputShape.last ?? 1 }

  /// Throws unless there is a weight for each sample, finite and not negative, or there are none.
  package func checkWeights() throws(ArgumentError) {
    guard let weights else { return }
    try ArgumentError.check(
      "the number of weights", expected: count, because: "one for each sample",
      found: weights.count)
    for sample in weights.indices {
      try ArgumentError.check(weight: weights[sample], "weight \(sample)")
    }
  }
}

extension ArgumentError {
  package static func unweighted(_ metric: String) -> ArgumentError {
    ArgumentError(
      place: "the metric \"\(metric)\"", expected: "no weights, of which it has no form",
      found: "weights of samples")
  }
}

/// A running weighted mean in double precision: Σ w·x / Σ w.
///
/// With a batch's mean loss as x and its number of samples as w it is the loss that Keras 3 shows
/// during an epoch.
public struct RunningMean: Sendable, Equatable, Codable {
  private var sum = 0.0

  /// Σ w.
  public private(set) var weight = 0.0

  public init() {}

  /// 0 if the weights sum to 0, as Keras 3. NaN and infinite numbers propagate, also those of
  /// weight 0: 0 · NaN and 0 · ∞ are NaN.
  public var value: Double { weight == 0 && sum == 0 ? 0 : sum / weight }

  /// Adds a number. A finite one of weight 0 changes nothing.
  ///
  /// - Precondition: The weight is finite and not negative.
  public mutating func add(_ value: Double, weight: Double = 1) {
    require(weight >= 0 && weight.isFinite, "the weight \(weight) in a mean")
    sum += value * weight
    self.weight += weight
  }

  /// Adds a batch's mean, weighted by its number of samples.
  ///
  /// - Precondition: `count` is not negative.
  public mutating func add(_ value: Float, samples count: Int) {
    add(Double(value), weight: Double(count))
  }

  public mutating func reset() { self = RunningMean() }
}
