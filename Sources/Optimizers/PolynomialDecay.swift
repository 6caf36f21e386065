internal import Glibc
public import PinionTensor

/// A learning rate that goes from one value to another along a power of the steps left.
///
/// rate = (initialLearningRate − endLearningRate) · (1 − step / T)^power + endLearningRate, where T
/// is `decaySteps` and the step at most T; with `cycle`, T is the first multiple of `decaySteps`
/// that is not less than the step, so that the rate rises again. As Keras 3.
public struct PolynomialDecay: LearningRateSchedule {
  /// The rate of the first step.
  public var initialLearningRate: Double
  /// How many steps the decay takes.
  public var decaySteps: Int
  /// The rate in the end.
  public var endLearningRate: Double
  /// The power; 1 is a straight line.
  public var power: Double
  /// Whether to start anew after `decaySteps` steps, towards twice as many.
  public var cycle: Bool

  /// A rate that goes to `endLearningRate` in `decaySteps` steps; by default to 0.0001, along a
  /// line, to stay there.
  public init(
    initialLearningRate: Double, decaySteps: Int, endLearningRate: Double = 0.0001,
    power: Double = 1, cycle: Bool = false
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = decaySteps
    self.endLearningRate = endLearningRate
    self.power = power
    self.cycle = cycle
  }

  /// The rate of the step that follows `step` finished ones.
  public func rate(at step: Int) -> Double {
    var time = Double(step)
    var end = Double(decaySteps)
    if cycle {
      end *= max(1, (time / end).rounded(.up))
    } else {
      time = min(time, end)
    }
    return (initialLearningRate - endLearningRate) * pow(1 - time / end, power) + endLearningRate
  }

  /// Throws ``ArgumentError`` if a rate is negative, the steps are not positive, or the power
  /// is not.
  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(initialLearningRate, "PolynomialDecay.initialLearningRate")
    try ArgumentError.checkSteps(decaySteps, "PolynomialDecay.decaySteps")
    try ArgumentError.checkRate(endLearningRate, "PolynomialDecay.endLearningRate")
    try ArgumentError.check(
      power.isFinite && power > 0, "PolynomialDecay.power", "a finite number, positive",
      found: power)
  }
}

extension LearningRate {
  /// A ``PolynomialDecay``.
  public static func polynomialDecay(
    initialLearningRate: Double, decaySteps: Int, endLearningRate: Double = 0.0001,
    power: Double = 1, cycle: Bool = false
  ) -> LearningRate {
    LearningRate(
      PolynomialDecay(
        initialLearningRate: initialLearningRate, decaySteps: decaySteps,
        endLearningRate: endLearningRate, power: power, cycle: cycle))
  }
}
