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
    try CallbackError.require(
      rate >= 0 && rate.isFinite, "the rate of epoch \(epoch)", of: "LearningRateScheduler",
      "0 or more, finite", found: rate)
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

/// Reduces the learning rate when a monitored metric has stopped improving, as in Keras 3.
///
/// The new rate is max(rate · factor, minLearningRate). Adds `learning_rate`, the rate at the end
/// of the epoch, to the logs. A value that is not finite is no improvement.
public final class ReduceLROnPlateau: Callback {
  private var monitor: Monitor
  private let factor: Double
  private let patience: Int
  private let minDelta: Double
  private let cooldown: Int
  private let minLearningRate: Double
  private let verbose: Bool
  /// The receiver of messages.
  package var console: any Console = StandardOutput()

  private var best: Double?
  private var wait = 0
  private var cooldownLeft = 0

  /// - Parameters:
  ///   - monitor: The metric's name in the logs.
  ///   - factor: The factor of the rate; at least 0 and below 1.
  ///   - patience: The number of epochs without improvement to wait for.
  ///   - mode: Whether lower or higher is better. Default: the direction of the metric.
  ///   - minDelta: The least improvement that counts; its sign does not matter.
  ///   - cooldown: The number of epochs after a reduction that do not count.
  ///   - minLearningRate: The lowest rate that is set.
  ///   - verbose: Whether to print messages.
  public init(
    monitor: String = "val_loss", factor: Double = 0.1, patience: Int = 10,
    mode: MonitorMode = .auto, minDelta: Double = 1e-4, cooldown: Int = 0,
    minLearningRate: Double = 0, verbose: Bool = false
  ) {
    self.monitor = Monitor(monitor, mode: mode, callback: "ReduceLROnPlateau")
    self.factor = factor
    self.patience = patience
    self.minDelta = minDelta
    self.cooldown = cooldown
    self.minLearningRate = minLearningRate
    self.verbose = verbose
  }

  /// Throws ``CallbackError/invalidArgument(callback:argument:expected:found:)`` if an argument is
  /// outside its range.
  public func validate(run: any TrainingRun, logs: ExpectedLogs) throws {
    try checkArguments()
    try monitor.validate(run: run, logs)
  }

  public var addedLogNames: Set<String>? { [Logs.learningRateName] }

  private func checkArguments() throws(CallbackError) {
    func require(
      _ holds: Bool, _ argument: String, _ expected: String, _ found: Any
    ) throws(CallbackError) {
      try CallbackError.require(holds, argument, of: "ReduceLROnPlateau", expected, found: found)
    }
    try require(factor >= 0 && factor < 1, "factor", "at least 0 and less than 1", factor)
    try require(patience >= 0, "patience", "0 or more", patience)
    try require(minDelta.isFinite, "minDelta", "a finite number", minDelta)
    try require(cooldown >= 0, "cooldown", "0 or more", cooldown)
    try require(
      minLearningRate >= 0 && minLearningRate.isFinite, "minLearningRate", "0 or more, finite",
      minLearningRate)
  }

  public func trainingWillBegin(run: any TrainingRun) throws {
    try checkArguments()
    try monitor.begin(run)
    (best, wait, cooldownLeft) = (nil, 0, 0)
  }

  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if the logs lack the metric.
  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    logs[Logs.learningRateName] = run.learningRate
    guard let current = try monitor.value(in: logs, epoch: epoch, run: run) else { return }
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      wait = 0
    }
    if monitor.direction.isImprovement(current, over: best, minDelta: minDelta) {
      best = current
      wait = 0
    } else if cooldownLeft == 0 {
      wait += 1
      if wait >= patience { reduceRate(of: run, epoch: epoch) }
    }
  }

  private func reduceRate(of run: any TrainingRun, epoch: Int) {
    // As floats, as in Keras: a rate above the minimum by rounding alone is at the minimum.
    guard Float(run.learningRate) > Float(minLearningRate) else { return }
    let rate = max(run.learningRate * factor, minLearningRate)
    run.learningRate = rate
    cooldownLeft = cooldown
    wait = 0
    if verbose {
      console.writeMessage(
        "Epoch \(epoch + 1): ReduceLROnPlateau reducing learning rate to "
          + "\(NumberText.shortest(rate)).")
    }
  }

  // MARK: Checkpoints

  public var hyperparameters: [String: String] {
    monitor.hyperparameters.merging([
      "factor": "\(factor)", "patience": "\(patience)", "minDelta": "\(minDelta)",
      "cooldown": "\(cooldown)", "minLearningRate": "\(minLearningRate)",
    ]) { first, _ in first }
  }

  private struct State: Codable {
    var wait, cooldownLeft: Int
    var best: Double?
  }

  public func saveState() throws -> CallbackState? {
    try CallbackState(State(wait: wait, cooldownLeft: cooldownLeft, best: best))
  }

  public func check(state: CallbackState, epochs: Int) throws {
    let values = try state.decode(State.self)
    let name = "ReduceLROnPlateau"
    try CallbackError.require(values.wait, in: 0...epochs, "wait", of: name)
    try CallbackError.require(
      values.cooldownLeft, in: 0...max(0, cooldown), "cooldownLeft", of: name)
    try CallbackError.require(finite: values.best, "best", of: name)
  }

  public func restore(state: CallbackState) throws {
    let values = try state.decode(State.self)
    (wait, cooldownLeft, best) = (values.wait, values.cooldownLeft, values.best)
  }
}
