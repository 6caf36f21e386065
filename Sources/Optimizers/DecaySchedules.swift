internal import Glibc
public import PinionTensor

/// initialLearningRate · decayRate^(step / decaySteps), the quotient rounded down with `staircase`.
/// As in Keras 3.
public struct ExponentialDecay: LearningRateSchedule {
  public var initialLearningRate: Double
  /// The number of steps in which the rate is multiplied once by ``decayRate``; positive.
  public var decaySteps: Int
  /// The factor of the rate in ``decaySteps`` steps; positive.
  public var decayRate: Double
  public var staircase: Bool

  public func rate(at step: Int) -> Double {
    initialLearningRate * pow(decayRate, decayTime(step, decaySteps, staircase))
  }

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(initialLearningRate, "ExponentialDecay.initialLearningRate")
    try ArgumentError.checkSteps(decaySteps, "ExponentialDecay.decaySteps")
    try ArgumentError.check(
      decayRate.isFinite && decayRate > 0, "ExponentialDecay.decayRate",
      "a finite number, positive", found: decayRate)
  }
}

/// initialLearningRate / (1 + decayRate · step / decaySteps), the quotient rounded down with
/// `staircase`. As in Keras 3.
public struct InverseTimeDecay: LearningRateSchedule {
  public var initialLearningRate: Double
  /// The number of steps in which the divisor grows by ``decayRate``; positive.
  public var decaySteps: Int
  /// The growth of the divisor in ``decaySteps`` steps; 0 or more.
  public var decayRate: Double
  public var staircase: Bool

  public func rate(at step: Int) -> Double {
    initialLearningRate / (1 + decayRate * decayTime(step, decaySteps, staircase))
  }

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(initialLearningRate, "InverseTimeDecay.initialLearningRate")
    try ArgumentError.checkSteps(decaySteps, "InverseTimeDecay.decaySteps")
    try ArgumentError.checkRate(decayRate, "InverseTimeDecay.decayRate")
  }
}

/// step / decaySteps, rounded down with `staircase`.
private func decayTime(_ step: Int, _ decaySteps: Int, _ staircase: Bool) -> Double {
  let time = Double(step) / Double(decaySteps)
  return staircase ? time.rounded(.down) : time
}

/// (initialLearningRate − endLearningRate) · (1 − t / T)^power + endLearningRate.
///
/// T is `decaySteps` and t = min(step, T). With `cycle`, t is the step and T the first multiple of
/// `decaySteps` that is not less than it, so that the rate rises again. As in Keras 3.
public struct PolynomialDecay: LearningRateSchedule {
  public var initialLearningRate: Double
  public var decaySteps: Int
  /// The rate at step T, 0 or more. Default: 0.0001.
  public var endLearningRate: Double
  /// Positive. Default: 1, a linear decay.
  public var power: Double
  public var cycle: Bool

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

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(initialLearningRate, "PolynomialDecay.initialLearningRate")
    try ArgumentError.checkSteps(decaySteps, "PolynomialDecay.decaySteps")
    try ArgumentError.checkRate(endLearningRate, "PolynomialDecay.endLearningRate")
    try ArgumentError.check(
      power.isFinite && power > 0, "PolynomialDecay.power", "a finite number, positive",
      found: power)
  }
}

/// `values[i]`, where i is the number of boundaries less than the step: `values[0]` up to and
/// including step `boundaries[0]`, the last value after the last boundary. As in Keras 3.
public struct PiecewiseConstantDecay: LearningRateSchedule {
  /// Strictly increasing.
  public var boundaries: [Int]
  /// One more than boundaries.
  public var values: [Double]

  /// NaN if there are too few values.
  public func rate(at step: Int) -> Double {
    var piece = 0
    while piece < boundaries.count, step > boundaries[piece] { piece += 1 }
    return piece < values.count ? values[piece] : .nan
  }

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
  /// An ``ExponentialDecay``.
  public static func exponentialDecay(
    initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false
  ) -> LearningRate {
    LearningRate(
      ExponentialDecay(
        initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate,
        staircase: staircase))
  }

  /// An ``InverseTimeDecay``.
  public static func inverseTimeDecay(
    initialLearningRate: Double, decaySteps: Int, decayRate: Double, staircase: Bool = false
  ) -> LearningRate {
    LearningRate(
      InverseTimeDecay(
        initialLearningRate: initialLearningRate, decaySteps: decaySteps, decayRate: decayRate,
        staircase: staircase))
  }

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

  /// A ``PiecewiseConstantDecay``.
  public static func piecewiseConstantDecay(boundaries: [Int], values: [Double]) -> LearningRate {
    LearningRate(PiecewiseConstantDecay(boundaries: boundaries, values: values))
  }
}
