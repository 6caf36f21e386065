/// Stops training when a watched metric has stopped improving, as Keras 3.
///
/// An epoch improves on the best one so far if its value, less `minDelta`, is better. Training
/// stops after the first epoch, other than the very first, that does not improve and is at least
/// the `patience`-th since the last that did. With `baseline`, only an epoch that beats it too
/// starts the counting afresh.
///
/// Unlike Keras, in which a NaN in the first epoch becomes a best value that nothing beats, a value
/// that is not finite is no improvement.
/// ```swift
/// EarlyStopping(patience: 5, restoreBestWeights: true)
/// ```
public final class EarlyStopping: Callback {
  private let monitor: String
  private let minDelta: Double
  private let patience: Int
  private let mode: MonitorMode
  private let baseline: Double?
  private let restoreBestWeights: Bool
  private let startFromEpoch: Int
  private let verbose: Bool
  private let console: any Console

  private var direction = MetricDirection.minimize
  private var wait = 0
  private var bestWeights: WeightsSnapshot?

  /// The best value, `nil` before the first finite one.
  public private(set) var best: Double?

  /// The epoch of the best value, from 0.
  public private(set) var bestEpoch: Int?

  /// The epoch, from 0, after which this callback stopped training; `nil` if it did not.
  public private(set) var stoppedEpoch: Int?

  /// A callback that watches a metric.
  ///
  /// - Parameters:
  ///   - monitor: The metric's name in the logs.
  ///   - minDelta: By how much a value must be better to count; its sign does not matter.
  ///   - patience: The number of epochs without improvement to wait for.
  ///   - mode: Whether less or more is better; by default what the metric says.
  ///   - baseline: A value to beat.
  ///   - restoreBestWeights: Whether the weights of the best epoch are put back at the end of
  ///     training, however it ends.
  ///   - startFromEpoch: The first epoch, from 0, that is looked at.
  ///   - verbose: Whether to say so when it acts.
  ///   - console: Where to say so.
  public init(
    monitor: String = "val_loss", minDelta: Double = 0, patience: Int = 0,
    mode: MonitorMode = .auto, baseline: Double? = nil, restoreBestWeights: Bool = false,
    startFromEpoch: Int = 0, verbose: Bool = false, console: any Console = StandardOutput()
  ) {
    self.monitor = monitor
    self.minDelta = minDelta
    self.patience = patience
    self.mode = mode
    self.baseline = baseline
    self.restoreBestWeights = restoreBestWeights
    self.startFromEpoch = startFromEpoch
    self.verbose = verbose
    self.console = console
  }

  /// Throws ``CallbackError`` if the direction of the metric or the metric itself is not known.
  public func validate(_ run: any TrainingRun, logs: ExpectedLogs) throws {
    _ = try mode.direction(of: monitor, in: run.metricDirections, callback: "EarlyStopping")
    try logs.require(monitor, for: "EarlyStopping")
  }

  /// None.
  public var addedLogNames: Set<String>? { [] }

  /// Forgets an earlier run.
  ///
  /// Throws ``CallbackError/unknownDirection(callback:monitor:known:)`` if `mode` is `.auto` and
  /// the run does not know the metric.
  public func trainingWillBegin(_ run: any TrainingRun) throws {
    direction = try mode.direction(
      of: monitor, in: run.metricDirections, callback: "EarlyStopping")
    wait = 0
    best = nil
    bestEpoch = nil
    stoppedEpoch = nil
    bestWeights = nil
  }

  /// Notes an improvement, or asks that training stop.
  ///
  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if the epoch has no value of
  /// the metric.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {
    guard epoch >= startFromEpoch else { return }
    let current = try logs.value(of: monitor, for: "EarlyStopping")
    wait += 1
    guard direction.isImprovement(current, over: best, minDelta: minDelta) else {
      if wait >= patience, epoch > 0 {
        stoppedEpoch = epoch
        run.requestStop()
      }
      return
    }
    best = current
    bestEpoch = epoch
    if restoreBestWeights { keepWeights(of: run) }
    if direction.isImprovement(current, over: baseline, minDelta: minDelta) { wait = 0 }
  }

  /// Puts the best weights back, if asked to, and lets go of the copy.
  public func trainingDidEnd(logs: Logs, _ run: any TrainingRun) throws {
    if verbose, let stoppedEpoch {
      console.write("Epoch \(stoppedEpoch + 1): early stopping\n")
    }
    guard let bestWeights, let bestEpoch else { return }
    if verbose {
      console.write(
        "Restoring model weights from the end of the best epoch: \(bestEpoch + 1).\n")
    }
    run.restoreWeights(bestWeights)
    self.bestWeights = nil
  }

  private struct State: Codable {
    var wait: Int
    var best: Double?
    var bestEpoch, stoppedEpoch: Int?
  }

  /// The counting, the best value, and the best weights if they are to be put back.
  public func saveState() throws -> CallbackState? {
    try CallbackState(
      State(wait: wait, best: best, bestEpoch: bestEpoch, stoppedEpoch: stoppedEpoch),
      weights: bestWeights)
  }

  /// Throws ``CallbackError/invalidState(callback:value:expected:found:)`` for numbers that no such run leaves.
  public func checkState(_ state: CallbackState, epochs: Int) throws {
    let values = try state.decode(State.self)
    let name = "EarlyStopping"
    try CallbackError.require(values.wait, in: 0...epochs, "wait", of: name)
    try CallbackError.require(finite: values.best, "best", of: name)
    try CallbackError.require(epoch: values.bestEpoch, below: epochs, "bestEpoch", of: name)
    try CallbackError.require(epoch: values.stoppedEpoch, below: epochs, "stoppedEpoch", of: name)
    guard (values.best == nil) == (values.bestEpoch == nil) else {
      throw CallbackError.invalidState(
        callback: name, value: "best", expected: "a best value and its epoch, or neither",
        found: values.best == nil ? "an epoch alone" : "a value alone")
    }
    guard !restoreBestWeights || values.best == nil || state.weights != nil else {
      throw CallbackError.invalidState(
        callback: name, value: "weights", expected: "those of the best epoch, to be put back",
        found: "none")
    }
  }

  /// Takes up the counting.
  public func restoreState(_ state: CallbackState) throws {
    let values = try state.decode(State.self)
    (wait, best) = (values.wait, values.best)
    (bestEpoch, stoppedEpoch) = (values.bestEpoch, values.stoppedEpoch)
    bestWeights = state.weights
  }

  private func keepWeights(of run: any TrainingRun) {
    if let bestWeights {
      run.updateSnapshot(bestWeights)
    } else {
      bestWeights = run.weightsSnapshot()
    }
  }
}
