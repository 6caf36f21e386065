public import PinionTensor

/// The learning rate of an optimizer: a number, or a schedule.
///
/// ```swift
/// Adam(learningRate: 0.001)
/// Adam(learningRate: .cosineDecay(initialLearningRate: 0.01, decaySteps: 10_000))
/// ```
/// Encoded as its schedule: `{"type": "ConstantRate", "configuration": {"value": 0.001}}`.
public struct LearningRate: Sendable, Equatable, Codable, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral
{
  @Configured public var schedule: any LearningRateSchedule

  public init(_ schedule: any LearningRateSchedule) {
    _schedule = Configured(wrappedValue: schedule)
  }

  public init(_ value: Double) { self.init(ConstantRate(value)) }

  public init(floatLiteral value: Double) { self.init(value) }

  public init(integerLiteral value: Int) { self.init(Double(value)) }

  /// Throws `DecodingError` if the schedule's type is not in the decoder's registry.
  public init(from decoder: any Decoder) throws { _schedule = try Configured(from: decoder) }

  public func encode(to encoder: any Encoder) throws { try _schedule.encode(to: encoder) }

  /// The rate if it is a ``ConstantRate``, else nil.
  public var constant: Double? { (schedule as? ConstantRate)?.value }

  /// The rate of the step that follows `step` finished steps.
  public func rate(at step: Int) -> Double { schedule.rate(at: step) }

  /// Throws `ArgumentError` if a hyperparameter of the schedule is outside its range.
  public func validate() throws(ArgumentError) { try schedule.validate() }
}

/// A learning rate as a function of the number of finished steps.
///
/// ```swift
/// struct Halving: LearningRateSchedule {
///   var start: Double
///   func rate(at step: Int) -> Double { start / Double(1 << min(step / 1_000, 30)) }
/// }
/// let optimizer = Adam(learningRate: LearningRate(Halving(start: 0.01)))
/// ```
public protocol LearningRateSchedule: Configurable {
  /// The rate of the step that follows `step` finished steps. A step is a batch, not an epoch.
  func rate(at step: Int) -> Double

  /// Throws `ArgumentError` if a hyperparameter is outside its range. Default: does nothing.
  func validate() throws(ArgumentError)
}

extension LearningRateSchedule {
  public func validate() throws(ArgumentError) {}
}

/// The same learning rate at every step; a number as a ``LearningRate`` becomes one.
public struct ConstantRate: LearningRateSchedule {
  public var value: Double

  public init(_ value: Double) { self.value = value }

  public func rate(at step: Int) -> Double { value }

  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(value, "ConstantRate.value")
  }
}

extension LearningRate {
  /// A ``ConstantRate``.
  public static func constant(_ value: Double) -> LearningRate { LearningRate(value) }
}

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
