public import PinionTensor

/// A linear warm-up, then another schedule from its step 0.
///
/// In the first `steps` steps, rate = start + (r − start) · step / steps, where r is the first rate
/// of the schedule; then the schedule's rate at step − steps. With a ``CosineDecay`` as in Keras 3.
public struct Warmup: LearningRateSchedule {
  /// The length of the warm-up in steps, of a batch each; 0 or more.
  public var steps: Int
  /// The rate at step 0.
  public var start: Double
  public var schedule: LearningRate

  public func rate(at step: Int) -> Double {
    guard step < steps else { return schedule.rate(at: step - max(0, steps)) }
    let fraction = Double(step) / Double(steps)
    return (schedule.rate(at: 0) - start) * fraction + start
  }

  public func validate() throws(ArgumentError) {
    try ArgumentError.check(steps >= 0, "Warmup.steps", "at least 0", found: steps)
    try ArgumentError.checkRate(start, "Warmup.start")
    try schedule.validate()
  }
}

/// A schedule that counts epochs: its rate at step ⌊step / stepsPerEpoch⌋.
public struct ByEpoch: LearningRateSchedule {
  /// The number of batches of an epoch, the last, partial one included.
  public var stepsPerEpoch: Int
  public var schedule: LearningRate

  public func rate(at step: Int) -> Double { schedule.rate(at: step / max(1, stepsPerEpoch)) }

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkSteps(stepsPerEpoch, "ByEpoch.stepsPerEpoch")
    try schedule.validate()
  }
}

extension LearningRate {
  /// A ``Warmup``.
  ///
  /// ```swift
  /// .warmup(steps: 500, then: .cosineDecay(initialLearningRate: 0.01, decaySteps: 10_000))
  /// ```
  public static func warmup(
    steps: Int, from start: Double = 0, then schedule: LearningRate
  ) -> LearningRate {
    LearningRate(Warmup(steps: steps, start: start, schedule: schedule))
  }

  /// A ``ByEpoch``.
  public static func byEpoch(stepsPerEpoch: Int, _ schedule: LearningRate) -> LearningRate {
    LearningRate(ByEpoch(stepsPerEpoch: stepsPerEpoch, schedule: schedule))
  }
}
