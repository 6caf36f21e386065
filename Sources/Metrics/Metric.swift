public import PinionTensor

/// A number that says how good predictions are, gathered batch by batch.
///
/// Users' own metrics conform to the same protocol; those that are `Codable` besides can go into a checkpoint.
///
/// Predictions are what the network puts out, in training as in `evaluate`: probabilities where it ends with a softmax.
public protocol Metric: Sendable {
  /// The name in histories and logs, such as `accuracy`.
  var name: String { get }

  /// Whether a larger value is a better one.
  var higherIsBetter: Bool { get }

  /// Whether nothing but the order of a sample's predictions counts, so that logits serve as well as probabilities. Default: no.
  ///
  /// Then a network's last softmax need not be computed for the metric. Logits that differ by less than the rounding of the softmax
  /// become equal probabilities, so that such a metric may tell classes apart that are tied in the network's output.
  var usesOrderAlone: Bool { get }

  /// The value over all samples since the last ``reset()``; 0 if there were none.
  var value: Double { get }

  /// Forgets all samples.
  mutating func reset()

  /// Throws unless targets of shape `target` go with outputs of shape `output`, both for one sample. Default: all do.
  ///
  /// Asked before anything is computed, so that a wrong choice of metric costs no training.
  func validate(output: Shape, target: Shape) throws

  /// Takes the samples of a batch into account.
  ///
  /// - Parameters:
  ///   - predictions: (N, C) row-major: for each of N samples and C classes a probability, or a logit if
  ///     ``usesOrderAlone``.
  ///   - targets: (N, 1) class indices as floats, or (N, C) one value for each class, such as one-hot.
  ///   - count: N.
  ///
  /// Throws if the views are not of these shapes or a target names no class.
  mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws

  /// Takes the samples of a batch into account, whose outputs may have more axes than one. Default: without `classes`.
  ///
  /// As the other, but for predictions (N, …, C) and targets (N, …), (N, …, 1) or (N, …, C).
  ///
  /// - Parameter classes: C, the last axis of the outputs.
  mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, classes: Int
  ) throws
}

extension Metric {
  /// More than the order counts.
  public var usesOrderAlone: Bool { false }

  /// Nothing to complain of.
  public func validate(output: Shape, target: Shape) throws {}

  /// As without `classes`.
  public mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, classes: Int
  ) throws {
    try add(predictions: predictions, targets: targets, count: count)
  }
}
