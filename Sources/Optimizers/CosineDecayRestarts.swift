internal import Glibc
public import PinionTensor

/// A learning rate that falls along half a cosine wave again and again.
///
/// Period i, from 0, takes firstDecaySteps · tMul^i steps; with f the part of it that has passed,
///
/// rate = initialLearningRate · ((1 − alpha) · ½ · mMul^i · (1 + cos(π · f)) + alpha).
///
/// As Keras 3; Loshchilov and Hutter 2016 (arXiv:1608.03983).
public struct CosineDecayRestarts: LearningRateSchedule {
  /// The rate of the first step.
  public var initialLearningRate: Double
  /// How many steps the first period takes.
  public var firstDecaySteps: Int
  /// How many times longer each period is than the one before.
  public var tMul: Double
  /// How many times higher each period starts than the one before.
  public var mMul: Double
  /// The least rate, as a fraction of the initial one.
  public var alpha: Double

  /// A rate that falls to `alpha` times its start; by default to 0, in periods twice as long each
  /// time, from the same height.
  public init(
    initialLearningRate: Double, firstDecaySteps: Int, tMul: Double = 2, mMul: Double = 1,
    alpha: Double = 0
  ) {
    self.initialLearningRate = initialLearningRate
    self.firstDecaySteps = firstDecaySteps
    self.tMul = tMul
    self.mMul = mMul
    self.alpha = alpha
  }

  /// The rate of the step that follows `step` finished ones.
  public func rate(at step: Int) -> Double {
    let (period, fraction) = place(of: Double(step) / Double(firstDecaySteps))
    let wave = 0.5 * pow(mMul, period) * (1 + cos(.pi * fraction))
    return initialLearningRate * ((1 - alpha) * wave + alpha)
  }

  /// The period that a time falls into, and how much of it has passed; times are in units of the
  /// first period.
  private func place(of time: Double) -> (period: Double, fraction: Double) {
    guard tMul != 1 else { return (time.rounded(.down), time - time.rounded(.down)) }
    var period = (log(1 + time * (tMul - 1)) / log(tMul)).rounded(.down)
    // Where a period starts, the logarithm may round to either side, a full swing of the rate
    // apart.
    if start(of: period + 1) <= time { period += 1 }
    if start(of: period) > time { period -= 1 }
    return (period, (time - start(of: period)) / pow(tMul, period))
  }

  private func start(of period: Double) -> Double { (pow(tMul, period) - 1) / (tMul - 1) }

  /// Throws ``ArgumentError`` if a rate or a factor is negative, the steps are not positive,
  /// or `tMul` is less than 1: periods would shrink to nothing.
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
