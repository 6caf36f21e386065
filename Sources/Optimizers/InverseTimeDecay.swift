public import PinionTensor

/// A learning rate that falls as the inverse of the number of steps.
///
/// rate = initialLearningRate / (1 + decayRate · step / decaySteps), the quotient rounded down if
/// `staircase`. As Keras 3.
public struct InverseTimeDecay: LearningRateSchedule {
  /// The rate of the first step.
  public var initialLearningRate: Double
  /// The unit in which steps are counted.
  public var decaySteps: Int
  /// By how much the divisor grows in `decaySteps` steps.
  public var decayRate: Double
  /// Whether the rate changes once in `decaySteps` steps, and not at each.
  public var staircase: Bool

  /// A rate whose divisor grows by `decayRate` in `decaySteps` steps, smoothly by default.
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
    var time = Double(step) / Double(decaySteps)
    if staircase { time = time.rounded(.down) }
    return initialLearningRate / (1 + decayRate * time)
  }

  /// Throws ``ArgumentError`` if the initial or the decay rate is negative, or the steps are
  /// not positive.
  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(initialLearningRate, "InverseTimeDecay.initialLearningRate")
    try ArgumentError.checkSteps(decaySteps, "InverseTimeDecay.decaySteps")
    try ArgumentError.checkRate(decayRate, "InverseTimeDecay.decayRate")
  }
}

extension LearningRate {
  /// An ``InverseTimeDecay``.
  public static func inverseTimeDecay(
    initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false
  ) -> LearningRate {
    LearningRate(
      InverseTimeDecay(
        initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate,
        staircase: staircase))
  }
}
