public import PinionTensor

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

  /// Throws ``HyperparameterError`` if the schedule cannot work as it is. Default: it can.
  func validate() throws(HyperparameterError)
}

extension LearningRateSchedule {
  /// Finds no fault.
  public func validate() throws(HyperparameterError) {}
}
