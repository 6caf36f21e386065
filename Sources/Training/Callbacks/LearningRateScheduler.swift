internal import PinionTensor

/// Sets the learning rate before each epoch by a function.
///
/// Adds `learning_rate`, the rate at the end of the epoch, to the logs. A checkpoint cannot compare
/// functions: resuming with another one is not an error.
///
/// ```swift
/// LearningRateScheduler { epoch, rate in epoch < 10 ? rate : rate * 0.9 }
/// ```
public final class LearningRateScheduler: Callback {
  private let schedule: (_ epoch: Int, _ rate: Double) -> Double
  private let verbose: Bool
  /// The receiver of messages.
  package var console: any Console = StandardOutput()

  /// - Parameters:
  ///   - verbose: Whether to print each rate.
  ///   - schedule: The new rate, from the epoch, counted from 0, and the current rate.
  public init(
    verbose: Bool = false, _ schedule: @escaping (_ epoch: Int, _ rate: Double) -> Double
  ) {
    self.schedule = schedule
    self.verbose = verbose
  }

  public var addedLogNames: Set<String>? { [Logs.learningRateName] }

  /// Throws ``CallbackError/invalidArgument(callback:argument:expected:found:)`` if the function
  /// returns a number that is negative or not finite.
  public func epochWillBegin(epoch: Int, run: any TrainingRun) throws {
    let rate = schedule(epoch, run.learningRate)
    guard rate.isFinite, rate >= 0 else {
      throw CallbackError.invalidArgument(
        callback: "LearningRateScheduler", argument: "the rate of epoch \(epoch)",
        expected: "0 or more, finite", found: "\(rate)")
    }
    run.learningRate = rate
    if verbose {
      console.writeMessage(
        "Epoch \(epoch + 1): LearningRateScheduler setting learning rate to "
          + "\(NumberText.shortest(rate)).")
    }
  }

  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    logs[Logs.learningRateName] = run.learningRate
  }
}
