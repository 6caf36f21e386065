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
