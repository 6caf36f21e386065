/// The same learning rate at every step; what a number turns into as a ``LearningRate``.
public struct ConstantRate: LearningRateSchedule {
  /// The rate.
  public var value: Double

  /// The same rate at every step.
  public init(_ value: Double) { self.value = value }

  /// The value.
  public func rate(at step: Int) -> Double { value }

  /// Throws ``HyperparameterError`` if the value is negative or not finite.
  public func validate() throws(HyperparameterError) {
    try HyperparameterError.checkRate(value, "ConstantRate.value")
  }
}

extension LearningRate {
  /// The same rate at every step.
  public static func constant(_ value: Double) -> LearningRate { LearningRate(value) }
}
