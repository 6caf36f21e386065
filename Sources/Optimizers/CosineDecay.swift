internal import Glibc
public import PinionTensor

/// A learning rate that falls along half a cosine wave, after an optional linear warm-up.
///
/// With t the steps since the warm-up, at most `decaySteps`, and r the rate that the decay starts
/// from,
///
/// rate = r · ((1 − alpha) · ½(1 + cos(π · t / decaySteps)) + alpha).
///
/// With a `warmupTarget`, r is the target, and the rate rises to it from `initialLearningRate` in
/// the first `warmupSteps` steps; without one, r is `initialLearningRate` and `warmupSteps` has no
/// effect. As Keras 3; Loshchilov and Hutter 2016 (arXiv:1608.03983), Goyal et al. 2017 for the
/// warm-up (arXiv:1706.02677).
public struct CosineDecay: LearningRateSchedule {
  /// The rate of the first step.
  public var initialLearningRate: Double
  /// How many steps the decay takes, the warm-up not counted.
  public var decaySteps: Int
  /// The rate in the end, as a fraction of the rate that the decay starts from.
  public var alpha: Double
  /// The rate at the end of the warm-up; `nil` for none.
  public var warmupTarget: Double?
  /// How many steps the warm-up takes.
  public var warmupSteps: Int

  /// A rate that falls to `alpha` times its start, by default to 0 and without a warm-up.
  public init(
    initialLearningRate: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil,
    warmupSteps: Int = 0
  ) {
    self.initialLearningRate = initialLearningRate
    self.decaySteps = decaySteps
    self.alpha = alpha
    self.warmupTarget = warmupTarget
    self.warmupSteps = warmupSteps
  }

  /// The rate of the step that follows `step` finished ones.
  public func rate(at step: Int) -> Double {
    guard let warmupTarget else { return decayed(initialLearningRate, at: Double(step)) }
    guard step < warmupSteps else {
      return decayed(warmupTarget, at: Double(step) - Double(warmupSteps))
    }
    let fraction = Double(step) / Double(warmupSteps)
    return (warmupTarget - initialLearningRate) * fraction + initialLearningRate
  }

  private func decayed(_ start: Double, at step: Double) -> Double {
    let fraction = min(step, Double(decaySteps)) / Double(decaySteps)
    return start * ((1 - alpha) * 0.5 * (1 + cos(.pi * fraction)) + alpha)
  }

  /// Throws ``ArgumentError`` if a rate or the warm-up's steps are negative, or the decay's
  /// steps not positive.
  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(initialLearningRate, "CosineDecay.initialLearningRate")
    try ArgumentError.checkSteps(decaySteps, "CosineDecay.decaySteps")
    try ArgumentError.checkRate(alpha, "CosineDecay.alpha")
    if let warmupTarget {
      try ArgumentError.checkRate(warmupTarget, "CosineDecay.warmupTarget")
    }
    try ArgumentError.check(
      warmupSteps >= 0, "CosineDecay.warmupSteps", "at least 0", found: warmupSteps)
  }
}

extension LearningRate {
  /// A ``CosineDecay``.
  public static func cosineDecay(
    initialLearningRate: Double, decaySteps: Int, alpha: Double = 0, warmupTarget: Double? = nil,
    warmupSteps: Int = 0
  ) -> LearningRate {
    LearningRate(
      CosineDecay(
        initialLearningRate: initialLearningRate, decaySteps: decaySteps, alpha: alpha,
        warmupTarget: warmupTarget, warmupSteps: warmupSteps))
  }
}
