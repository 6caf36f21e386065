public import PinionTensor

/// A number that says how good predictions are, gathered batch by batch.
///
/// Users' own metrics conform to the same protocol; those that are `Codable` besides can go into a checkpoint.
public protocol Metric: Sendable {
  /// The name in histories and logs, such as `accuracy`.
  var name: String { get }

  /// Whether a larger value is a better one.
  var higherIsBetter: Bool { get }

  /// The value over all samples since the last ``reset()``; 0 if there were none.
  var value: Double { get }

  /// Forgets all samples.
  mutating func reset()

  /// Takes the samples of a batch into account.
  ///
  /// - Parameters:
  ///   - predictions: (N, C) row-major: for each of N samples and C classes a probability or a logit.
  ///   - targets: (N, 1) class indices as floats, or (N, C) one value for each class, such as one-hot.
  ///   - count: N.
  ///
  /// Throws if the views are not of these shapes or a target names no class.
  mutating func add(
    predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws
}
