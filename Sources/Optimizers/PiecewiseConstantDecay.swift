public import PinionTensor

/// A learning rate that changes at given steps.
///
/// rate = values[i], where i is the number of boundaries less than step: `values[0]` up to and
/// including step `boundaries[0]`, and `values.last` after the last boundary. As Keras 3.
public struct PiecewiseConstantDecay: LearningRateSchedule {
  /// The last step of each rate but the last.
  public var boundaries: [Int]
  /// The rates, one more than boundaries.
  public var values: [Double]

  /// A rate that changes after each of the given steps.
  public init(boundaries: [Int], values: [Double]) {
    self.boundaries = boundaries
    self.values = values
  }

  /// The rate of the step that follows `step` finished ones; not a number if there are too few
  /// values.
  public func rate(at step: Int) -> Double {
    var piece = 0
    while piece < boundaries.count, step > boundaries[piece] { piece += 1 }
    return piece < values.count ? values[piece] : .nan
  }

  /// Throws ``ArgumentError`` if the boundaries do not rise, the values are not one more, or
  /// one is negative.
  public func validate() throws(ArgumentError) {
    try ArgumentError.check(
      zip(boundaries, boundaries.dropFirst()).allSatisfy { $0 < $1 },
      "PiecewiseConstantDecay.boundaries", "strictly increasing", found: boundaries)
    try ArgumentError.check(
      values.count == boundaries.count + 1, "PiecewiseConstantDecay.values",
      "one more than the \(boundaries.count) boundaries", found: values)
    for value in values {
      try ArgumentError.checkRate(value, "PiecewiseConstantDecay.values")
    }
  }
}

extension LearningRate {
  /// A ``PiecewiseConstantDecay``.
  public static func piecewiseConstantDecay(boundaries: [Int], values: [Double]) -> LearningRate {
    LearningRate(PiecewiseConstantDecay(boundaries: boundaries, values: values))
  }
}
