public import PinionTensor

/// How far an optimizer goes in a step: a number, or a schedule.
///
/// ```swift
/// Adam(learningRate: 0.001)
/// Adam(learningRate: .cosineDecay(initialLearningRate: 0.01, decaySteps: 10_000))
/// ```
/// Saved as its schedule, `{"type": "ConstantRate", "configuration": {"value": 0.001}}`.
public struct LearningRate: Sendable, Equatable, Codable, ExpressibleByFloatLiteral,
  ExpressibleByIntegerLiteral
{
  /// What gives the rate of each step.
  @Configured public var schedule: any LearningRateSchedule

  /// The rate of a schedule.
  public init(_ schedule: any LearningRateSchedule) {
    _schedule = Configured(wrappedValue: schedule)
  }

  /// The same rate at every step.
  public init(_ value: Double) { self.init(ConstantRate(value)) }

  /// The same rate at every step.
  public init(floatLiteral value: Double) { self.init(value) }

  /// The same rate at every step.
  public init(integerLiteral value: Int) { self.init(Double(value)) }

  /// Reads a schedule; throws `DecodingError` if its type is not in the decoder's registry.
  public init(from decoder: any Decoder) throws { _schedule = try Configured(from: decoder) }

  /// Writes the schedule.
  public func encode(to encoder: any Encoder) throws { try _schedule.encode(to: encoder) }

  /// The rate, if it is the same at every step; `nil` of a schedule.
  public var constant: Double? { (schedule as? ConstantRate)?.value }

  /// The rate of the step that follows `step` finished ones.
  public func rate(at step: Int) -> Double { schedule.rate(at: step) }

  /// Throws ``ArgumentError`` if the schedule cannot work as it is.
  public func validate() throws(ArgumentError) { try schedule.validate() }
}

/// A learning rate as a function of the number of steps taken.
///
/// A user's own schedule stands beside those of this module:
/// ```swift
/// struct Halving: LearningRateSchedule {
///   var start: Double
///   func rate(at step: Int) -> Double { start / Double(1 << min(step / 1_000, 30)) }
/// }
/// let optimizer = Adam(learningRate: LearningRate(Halving(start: 0.01)))
/// ```
public protocol LearningRateSchedule: Configurable {
  /// The rate of the step that follows `step` finished ones; counts batches, not epochs.
  func rate(at step: Int) -> Double

  /// Throws ``ArgumentError`` if the schedule cannot work as it is. Default: it can.
  func validate() throws(ArgumentError)
}

extension LearningRateSchedule {
  /// Finds no fault.
  public func validate() throws(ArgumentError) {}
}

/// The same learning rate at every step; what a number turns into as a ``LearningRate``.
public struct ConstantRate: LearningRateSchedule {
  /// The rate.
  public var value: Double

  /// The same rate at every step.
  public init(_ value: Double) { self.value = value }

  /// The value.
  public func rate(at step: Int) -> Double { value }

  /// Throws ``ArgumentError`` if the value is negative or not finite.
  public func validate() throws(ArgumentError) {
    try ArgumentError.checkRate(value, "ConstantRate.value")
  }
}

extension LearningRate {
  /// The same rate at every step.
  public static func constant(_ value: Double) -> LearningRate { LearningRate(value) }
}
