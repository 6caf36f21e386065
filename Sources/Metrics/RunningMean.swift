internal import PinionTensor

/// A weighted mean of numbers that come one after the other: Σ w·x / Σ w.
///
/// With a batch's mean loss as x and its number of samples as w it is the loss that Keras 3 shows during an epoch, in which the
/// smaller last batch counts less. Sums are kept in double precision.
public struct RunningMean: Sendable, Equatable, Codable {
  private var sum = 0.0

  /// The sum of all weights.
  public private(set) var weight = 0.0

  /// A mean of nothing yet.
  public init() {}

  /// The mean; 0 if the weights sum to 0, as Keras 3. NaN or infinite numbers make it so.
  public var value: Double { weight == 0 ? 0 : sum / weight }

  /// Takes a number into account. Default: with weight 1.
  ///
  /// - Precondition: The weight is finite and not negative.
  public mutating func add(_ value: Double, weight: Double = 1) {
    require(weight >= 0 && weight.isFinite, "the weight \(weight) in a mean")
    guard weight > 0 else { return }
    sum += value * weight
    self.weight += weight
  }

  /// Takes a batch's mean loss into account, weighted by its number of samples.
  ///
  /// - Precondition: `count` is not negative.
  public mutating func add(_ value: Float, samples count: Int) {
    add(Double(value), weight: Double(count))
  }

  /// Forgets all numbers.
  public mutating func reset() { self = RunningMean() }
}
