internal import PinionTensor

/// Multiplies the learning rate by a factor when a watched metric has stopped improving, as Keras
/// 3.
///
/// The new rate is `max(rate·factor, minLearningRate)`. Adds `learning_rate`, the rate that the
/// epoch ended with, to the logs. A value that is not finite is no improvement.
public final class ReduceLROnPlateau: Callback {
  private let monitor: String
  private let factor: Double
  private let patience: Int
  private let mode: MonitorMode
  private let minDelta: Double
  private let cooldown: Int
  private let minLearningRate: Double
  private let verbose: Bool
  private let console: any Console

  private var direction = MetricDirection.minimize
  private var best: Double?
  private var wait = 0
  private var cooldownLeft = 0

  /// A callback that watches a metric.
  ///
  /// - Parameters:
  ///   - monitor: The metric's name in the logs.
  ///   - factor: What the rate is multiplied by; below 1.
  ///   - patience: The number of epochs without improvement to wait for.
  ///   - mode: Whether less or more is better; by default what the metric says.
  ///   - minDelta: By how much a value must be better to count; its sign does not matter.
  ///   - cooldown: The number of epochs after a reduction in which none is counted.
  ///   - minLearningRate: The rate below which none is set.
  ///   - verbose: Whether to say so when it acts.
  ///   - console: Where to say so.
  public init(
    monitor: String = "val_loss", factor: Double = 0.1, patience: Int = 10,
    mode: MonitorMode = .auto, minDelta: Double = 1e-4, cooldown: Int = 0,
    minLearningRate: Double = 0, verbose: Bool = false, console: any Console = StandardOutput()
  ) {
    self.monitor = monitor
    self.factor = factor
    self.patience = patience
    self.mode = mode
    self.minDelta = minDelta
    self.cooldown = cooldown
    self.minLearningRate = minLearningRate
    self.verbose = verbose
    self.console = console
  }

  /// Throws ``CallbackError`` if a hyperparameter is outside its range, or the direction of the metric or the metric itself
  /// is not known.
  public func validate(_ run: any TrainingRun, logs: ExpectedLogs) throws {
    try checkFactor()
    _ = try mode.direction(of: monitor, in: run.metricDirections, callback: "ReduceLROnPlateau")
    try logs.require(monitor, for: "ReduceLROnPlateau")
  }

  /// `learning_rate`.
  public var addedLogNames: Set<String>? { [Logs.learningRateName] }

  private func checkFactor() throws(CallbackError) {
    guard factor < 1 else {
      throw CallbackError.invalidArgument(
        callback: "ReduceLROnPlateau", argument: "factor", expected: "less than 1",
        found: "\(factor)")
    }
  }

  /// Forgets an earlier run.
  ///
  /// Throws ``CallbackError/invalidArgument(callback:argument:expected:found:)`` if `factor` is not
  /// below 1, and ``CallbackError/unknownDirection(callback:monitor:known:)`` if `mode` is `.auto`
  /// and the run does not know the metric.
  public func trainingWillBegin(_ run: any TrainingRun) throws {
    try checkFactor()
    direction = try mode.direction(
      of: monitor, in: run.metricDirections, callback: "ReduceLROnPlateau")
    best = nil
    wait = 0
    cooldownLeft = 0
  }

  /// Logs the rate, and reduces it if the metric has not improved for long enough.
  ///
  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if the epoch has no value of
  /// the metric.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {
    logs[Logs.learningRateName] = run.learningRate
    let current = try logs.value(of: monitor, for: "ReduceLROnPlateau")
    if cooldownLeft > 0 {
      cooldownLeft -= 1
      wait = 0
    }
    if direction.isImprovement(current, over: best, minDelta: minDelta) {
      best = current
      wait = 0
    } else if cooldownLeft == 0 {
      wait += 1
      if wait >= patience { reduceRate(of: run, epoch: epoch) }
    }
  }

  private struct State: Codable {
    var wait, cooldownLeft: Int
    var best: Double?
  }

  /// The counting and the best value.
  public func saveState() throws -> CallbackState? {
    try CallbackState(State(wait: wait, cooldownLeft: cooldownLeft, best: best))
  }

  /// Throws ``CallbackError/invalidState(callback:value:expected:found:)`` for numbers that no such run leaves.
  public func checkState(_ state: CallbackState, epochs: Int) throws {
    let values = try state.decode(State.self)
    let name = "ReduceLROnPlateau"
    try CallbackError.require(values.wait, in: 0...epochs, "wait", of: name)
    try CallbackError.require(
      values.cooldownLeft, in: 0...max(0, cooldown), "cooldownLeft", of: name)
    try CallbackError.require(finite: values.best, "best", of: name)
  }

  /// Takes up the counting.
  public func restoreState(_ state: CallbackState) throws {
    let values = try state.decode(State.self)
    (wait, cooldownLeft, best) = (values.wait, values.cooldownLeft, values.best)
  }

  private func reduceRate(of run: any TrainingRun, epoch: Int) {
    // As floats, as in Keras: a rate that is above the minimum by rounding alone is at it.
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
}
