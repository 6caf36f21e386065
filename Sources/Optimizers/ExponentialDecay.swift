internal import Glibc
public import PinionTensor

/// A learning rate that falls by the same factor in every `decaySteps` steps.
///
/// rate = initialLearningRate · decayRate^(step / decaySteps), the quotient rounded down if
/// `staircase`. As Keras 3.
public struct ExponentialDecay: LearningRateSchedule {
  /// The rate of the first step.
  public var initialLearningRate: Double
  /// In how many steps the rate changes by the factor.
  public var decaySteps: Int
  /// The factor.
  public var decayRate: Double
  /// Whether the rate changes once in `decaySteps` steps, and not at each.
  public var staircase: Bool

  /// A rate that falls by a factor of `decayRate` in `decaySteps` steps, smoothly by default.
  public init(
    initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = decaySteps
    self.decayRate = decayRate
    self.staircase = staircase
  }

  /// The rate of the step that follows `step` finished ones.
  public func rate(at step: Int) -> Double {
    var exponent = Double(step) / Double(decaySteps)
    if staircase { exponent = exponent.rounded(.down) }
    return initialLearningRate * pow(decayRate, exponent)
  }

  /// Throws ``ArgumentError`` if the initial rate is negative, or the steps or the decay rate
  /// are not positive.
  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(initialLearningRate, "ExponentialDecay.initialLearningRate")
    try ArgumentError.checkSteps(decaySteps, "ExponentialDecay.decaySteps")
    try ArgumentError.check(
      decayRate.isFinite && decayRate > 0, "ExponentialDecay.decayRate",
      "a finite number, positive", found: decayRate)
  }
}

extension LearningRate {
  /// An ``ExponentialDecay``.
  public static func exponentialDecay(
    initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false
  ) -> LearningRate {
    LearningRate(
      ExponentialDecay(
        initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate,
        staircase: staircase))
  }
}
