internal import PinionTensor

/// Sets the learning rate before each epoch to what a function says.
///
/// Adds `learning_rate`, the rate that the epoch ended with, to the logs.
/// ```swift
/// LearningRateScheduler { epoch, rate in epoch < 10 ? rate : rate * 0.9 }
/// ```
public final class LearningRateScheduler: Callback {
  private let schedule: (_ epoch: Int, _ rate: Double) -> Double
  private let verbose: Bool
  private let console: any Console

  /// A callback that calls `schedule` with the epoch, from 0, and the rate in force. With
  /// `verbose`, says each rate on `console`.
  public init(
    verbose: Bool = false, console: any Console = StandardOutput(),
    _ schedule: @escaping (_ epoch: Int, _ rate: Double) -> Double
  ) {
    self.schedule = schedule
    self.verbose = verbose
    self.console = console
  }

  /// `learning_rate`.
  public var addedLogNames: Set<String>? { [Logs.learningRateName] }

  /// Sets the rate.
  ///
  /// Throws ``CallbackError/invalidArgument(callback:argument:expected:found:)`` if the function
  /// returns a negative number or one that is not finite.
  public func epochWillBegin(_ epoch: Int, _ run: any TrainingRun) throws {
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

  /// Logs the rate.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {
    logs[Logs.learningRateName] = run.learningRate
  }
}
