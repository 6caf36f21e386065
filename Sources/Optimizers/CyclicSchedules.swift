internal import Glibc
public import PinionTensor

/// One rise to a large rate and one long fall, over all steps of a training.
///
/// From `maximumRate / divisionFactor`, the rate rises to `maximumRate` in the first `riseFraction`
/// of `totalSteps`, then falls to `maximumRate / (divisionFactor · finalDivisionFactor)`, which it
/// keeps. With `hasThreePhases`, it first falls to its initial value, in as many steps as it rose.
/// As PyTorch's `OneCycleLR`; Smith and Topin 2017 (arXiv:1708.07120).
public struct OneCycle: LearningRateSchedule {
  /// The form of the rise and the fall.
  public enum Annealing: String, Sendable, Codable {
    /// Half a cosine wave.
    case cosine
    /// A straight line.
    case linear
  }

  /// The rate at the end of the rise; 0 or more.
  public var maximumRate: Double
  /// The number of steps of the training; positive. A step is a batch.
  public var totalSteps: Int
  /// In 0…1.
  public var riseFraction: Double
  public var annealing: Annealing
  /// ``maximumRate`` divided by the rate at the start of the rise; positive. Default: 25.
  public var divisionFactor: Double
  /// The rate at the start of the rise divided by the final one; positive. Default: 10⁴.
  public var finalDivisionFactor: Double
  /// Whether the rate falls to its initial value first, then to the final one. Default: false.
  public var hasThreePhases: Bool

  public func rate(at step: Int) -> Double {
    let (first, total) = (maximumRate / divisionFactor, Double(totalSteps))
    let final = first / finalDivisionFactor
    let peak = riseFraction * total - 1
    var phases = [(end: peak, from: first, to: maximumRate)]
    if hasThreePhases { phases.append((2 * peak, maximumRate, first)) }
    phases.append((total - 1, phases[phases.count - 1].to, final))
    let time = min(Double(step), total - 1)
    var start = 0.0
    for phase in phases {
      if time <= phase.end, phase.end > start {
        return annealed(phase.from, phase.to, (time - start) / (phase.end - start))
      }
      start = phase.end
    }
    return final
  }

  private func annealed(_ start: Double, _ end: Double, _ fraction: Double) -> Double {
    switch annealing {
    case .cosine: end + (start - end) / 2 * (1 + cos(.pi * fraction))
    case .linear: start + (end - start) * fraction
    }
  }

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(maximumRate, "OneCycle.maximumRate")
    try ArgumentError.checkSteps(totalSteps, "OneCycle.totalSteps")
    try ArgumentError.check(
      riseFraction >= 0 && riseFraction <= 1, "OneCycle.riseFraction", "at least 0 and at most 1",
      found: riseFraction)
    try ArgumentError.checkPositive(divisionFactor, "OneCycle.divisionFactor")
    try ArgumentError.checkPositive(finalDivisionFactor, "OneCycle.finalDivisionFactor")
  }
}

/// A rate that rises and falls linearly between two bounds, periodically.
///
/// Cycle c, from 1, rises in `riseSteps` and falls in `fallSteps` by the height
/// (maximumRate − baseRate) · s: s is 1 for `triangular`, 2^(1 − c) for `halving`, and
/// gamma^step for `exponential`. As PyTorch's `CyclicLR`; Smith 2015 (arXiv:1506.01186).
public struct CyclicRate: LearningRateSchedule {
  /// The factor s of the height of the cycles.
  public enum Kind: Sendable, Equatable, Codable {
    /// 1: all cycles have the same height.
    case triangular
    /// 2^(1 − c): each cycle has half the height of the one before. PyTorch's `triangular2`.
    case halving
    /// gamma^step, with a gamma that is positive and at most 1. PyTorch's `exp_range`.
    case exponential(gamma: Double)
  }

  /// The lowest rate; 0 or more.
  public var baseRate: Double
  /// The rate at the end of a rise for s = 1; at least ``baseRate``.
  public var maximumRate: Double
  /// The number of steps in which a cycle rises; positive. A step is a batch. Default: 2000.
  public var riseSteps: Int
  /// Nil: equal to ``riseSteps``.
  public var fallSteps: Int?
  public var kind: Kind

  public func rate(at step: Int) -> Double {
    let (step, rise) = (Double(step), Double(riseSteps))
    let total = rise + Double(fallSteps ?? riseSteps)
    let cycle = (1 + step / total).rounded(.down)
    let place = 1 + step / total - cycle
    let peak = rise / total
    let height = place <= peak ? place / peak : (place - 1) / (peak - 1)
    let scale =
      switch kind {
      case .triangular: 1.0
      case .halving: pow(2, 1 - cycle)
      case .exponential(let gamma): pow(gamma, step)
      }
    return baseRate + (maximumRate - baseRate) * height * scale
  }

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(baseRate, "CyclicRate.baseRate")
    try ArgumentError.check(
      maximumRate.isFinite && maximumRate >= baseRate, "CyclicRate.maximumRate",
      "a finite number, at least the base rate \(baseRate)", found: maximumRate)
    try ArgumentError.checkSteps(riseSteps, "CyclicRate.riseSteps")
    try ArgumentError.checkSteps(fallSteps ?? 1, "CyclicRate.fallSteps")
    if case .exponential(let gamma) = kind {
      try ArgumentError.check(
        gamma > 0 && gamma <= 1, "CyclicRate.kind.gamma", "positive and at most 1", found: gamma)
    }
  }
}

extension LearningRate {
  /// A ``OneCycle``.
  public static func oneCycle(
    maximumRate: Double, totalSteps: Int, riseFraction: Double = 0.3,
    annealing: OneCycle.Annealing = .cosine, divisionFactor: Double = 25,
    finalDivisionFactor: Double = 1e4, hasThreePhases: Bool = false
  ) -> LearningRate {
    LearningRate(
      OneCycle(
        maximumRate: maximumRate, totalSteps: totalSteps, riseFraction: riseFraction,
        annealing: annealing, divisionFactor: divisionFactor,
        finalDivisionFactor: finalDivisionFactor, hasThreePhases: hasThreePhases))
  }

  /// A ``CyclicRate``.
  public static func cyclic(
    baseRate: Double, maximumRate: Double, riseSteps: Int = 2_000, fallSteps: Int? = nil,
    kind: CyclicRate.Kind = .triangular
  ) -> LearningRate {
    LearningRate(
      CyclicRate(
        baseRate: baseRate, maximumRate: maximumRate, riseSteps: riseSteps, fallSteps: fallSteps,
        kind: kind))
  }
}
