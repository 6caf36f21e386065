internal import Glibc
public import PinionTensor

/// Half a cosine wave, after an optional linear warm-up.
///
/// With t = min(steps since the warm-up, decaySteps) and r the rate at the start of the decay,
///
/// rate = r · ((1 − alpha) · ½(1 + cos(π · t / decaySteps)) + alpha).
///
/// With a `warmupTarget`, r is the target, and the rate rises linearly to it from
/// `initialLearningRate` in the first `warmupSteps` steps. Without one, r is `initialLearningRate`
/// and `warmupSteps` has no effect. As in Keras 3; Loshchilov and Hutter 2016 (arXiv:1608.03983),
/// Goyal et al. 2017 for the warm-up (arXiv:1706.02677).
public struct CosineDecay: LearningRateSchedule {
  public var initialLearningRate: Double
  /// The length of the decay, without the warm-up.
  public var decaySteps: Int
  /// The final rate as a fraction of the rate at the start of the decay.
  public var alpha: Double
  /// The rate at the end of the warm-up; nil for no warm-up.
  public var warmupTarget: Double?
  /// The length of the warm-up; 0 or more. Without effect if ``warmupTarget`` is nil.
  public var warmupSteps: Int

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

/// Half a cosine wave, restarted periodically.
///
/// Period i, from 0, takes firstDecaySteps · tMul^i steps; with f the fraction of it that has
/// passed,
///
/// rate = initialLearningRate · ((1 − alpha) · ½ · mMul^i · (1 + cos(π · f)) + alpha).
///
/// As in Keras 3; Loshchilov and Hutter 2016 (arXiv:1608.03983).
public struct CosineDecayRestarts: LearningRateSchedule {
  public var initialLearningRate: Double
  /// The length of period 0 in steps; positive.
  public var firstDecaySteps: Int
  /// The length of a period relative to the one before; at least 1.
  public var tMul: Double
  /// The rate at the start of a period relative to the one before.
  public var mMul: Double
  /// The lowest rate as a fraction of the initial one.
  public var alpha: Double

  public func rate(at step: Int) -> Double {
    let (period, fraction) = place(of: Double(step) / Double(firstDecaySteps))
    let wave = 0.5 * pow(mMul, period) * (1 + cos(.pi * fraction))
    return initialLearningRate * ((1 - alpha) * wave + alpha)
  }

  /// The period at a time in units of the first period, and the fraction of it that has passed.
  private func place(of time: Double) -> (period: Double, fraction: Double) {
    guard tMul != 1 else { return (time.rounded(.down), time - time.rounded(.down)) }
    var period = (log(1 + time * (tMul - 1)) / log(tMul)).rounded(.down)
    // At the start of a period the logarithm may round to either side: a full swing of the rate.
    if start(of: period + 1) <= time { period += 1 }
    if start(of: period) > time { period -= 1 }
    return (period, (time - start(of: period)) / pow(tMul, period))
  }

  private func start(of period: Double) -> Double { (pow(tMul, period) - 1) / (tMul - 1) }

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(
      initialLearningRate, "CosineDecayRestarts.initialLearningRate")
    try ArgumentError.checkSteps(firstDecaySteps, "CosineDecayRestarts.firstDecaySteps")
    try ArgumentError.check(
      tMul.isFinite && tMul >= 1, "CosineDecayRestarts.tMul", "a finite number, at least 1",
      found: tMul)
    try ArgumentError.checkRate(mMul, "CosineDecayRestarts.mMul")
    try ArgumentError.checkRate(alpha, "CosineDecayRestarts.alpha")
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

  /// A ``CosineDecayRestarts``.
  public static func cosineDecayRestarts(
    initialLearningRate: Double, firstDecaySteps: Int, tMul: Double = 2, mMul: Double = 1,
    alpha: Double = 0
  ) -> LearningRate {
    LearningRate(
      CosineDecayRestarts(
        initialLearningRate: initialLearningRate, firstDecaySteps: firstDecaySteps, tMul: tMul,
        mMul: mMul, alpha: alpha))
  }
}
