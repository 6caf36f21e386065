internal import PinionTensor

/// Stops training when a monitored metric has stopped improving, as in Keras 3.
///
/// An epoch is an improvement if its value is better than the best one so far by more than
/// `minDelta`. Training stops after an epoch, other than the first, that is no improvement and at
/// least the `patience`-th since the last one. With `baseline`, only an improvement that also beats
/// it resets the count.
///
/// Unlike in Keras, where a NaN in the first epoch becomes a best value that nothing beats, a value
/// that is not finite is no improvement.
///
/// ```swift
/// EarlyStopping(patience: 5, restoreBestWeights: true)
/// ```
public final class EarlyStopping: Callback {
  private var monitor: Monitor
  private let minDelta: Double
  private let patience: Int
  private let baseline: Double?
  private let restoreBestWeights: Bool
  private let startFromEpoch: Int
  private let verbose: Bool
  /// The receiver of messages.
  package var console: any Console = StandardOutput()

  private var wait = 0
  private var bestWeights: WeightsSnapshot?

  /// The best value, nil before the first finite one.
  public private(set) var best: Double?
  /// The epoch of the best value, from 0.
  public private(set) var bestEpoch: Int?
  /// The epoch, from 0, after which this callback stopped training; nil if it did not.
  public private(set) var stoppedEpoch: Int?

  /// - Parameters:
  ///   - monitor: The metric's name in the logs.
  ///   - minDelta: The least improvement that counts; its sign does not matter.
  ///   - patience: The number of epochs without improvement to wait for.
  ///   - mode: Whether lower or higher is better. Default: the direction of the metric.
  ///   - baseline: A value to beat.
  ///   - restoreBestWeights: Whether the weights of the best epoch are restored when training ends,
  ///     by an error too.
  ///   - startFromEpoch: The first epoch, from 0, that counts.
  ///   - verbose: Whether to print messages.
  public init(
    monitor: String = "val_loss", minDelta: Double = 0, patience: Int = 0,
    mode: MonitorMode = .auto, baseline: Double? = nil, restoreBestWeights: Bool = false,
    startFromEpoch: Int = 0, verbose: Bool = false
  ) {
    self.monitor = Monitor(monitor, mode: mode, callback: "EarlyStopping")
    self.minDelta = minDelta
    self.patience = patience
    self.baseline = baseline
    self.restoreBestWeights = restoreBestWeights
    self.startFromEpoch = startFromEpoch
    self.verbose = verbose
  }

  /// Throws ``CallbackError/invalidArgument(callback:argument:expected:found:)`` if an argument is
  /// outside its range.
  public func validate(run: any TrainingRun, logs: ExpectedLogs) throws {
    func require(_ holds: Bool, _ argument: String, _ expected: String, _ found: Any) throws {
      try CallbackError.require(holds, argument, of: "EarlyStopping", expected, found: found)
    }
    try require(minDelta.isFinite, "minDelta", "a finite number", minDelta)
    try require(patience >= 0, "patience", "0 or more", patience)
    if let baseline { try require(baseline.isFinite, "baseline", "a finite number", baseline) }
    try require(startFromEpoch >= 0, "startFromEpoch", "0 or more", startFromEpoch)
    try monitor.validate(run: run, logs)
  }

  public var addedLogNames: Set<String>? { [] }

  public func trainingWillBegin(run: any TrainingRun) throws {
    try monitor.begin(run)
    (wait, best, bestEpoch, stoppedEpoch, bestWeights) = (0, nil, nil, nil, nil)
  }

  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if the logs lack the metric.
  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    guard epoch >= startFromEpoch else { return }
    guard let current = try monitor.value(in: logs, epoch: epoch, run: run) else { return }
    wait += 1
    guard monitor.direction.isImprovement(current, over: best, minDelta: minDelta) else {
      if wait >= patience, epoch > 0 {
        stoppedEpoch = epoch
        run.requestStop()
      }
      return
    }
    best = current
    bestEpoch = epoch
    if restoreBestWeights { keepWeights(of: run) }
    if monitor.direction.isImprovement(current, over: baseline, minDelta: minDelta) { wait = 0 }
  }

  private func keepWeights(of run: any TrainingRun) {
    if let bestWeights {
      run.updateSnapshot(bestWeights)
    } else {
      bestWeights = run.weightsSnapshot()
    }
  }

  /// Restores the best weights if requested, and releases the copy.
  public func trainingDidEnd(logs: Logs, run: any TrainingRun) throws {
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

  // MARK: Checkpoints

  public var hyperparameters: [String: String] {
    monitor.hyperparameters.merging([
      "minDelta": "\(minDelta)", "patience": "\(patience)",
      "baseline": baseline.map { "\($0)" } ?? "none",
      "restoreBestWeights": restoreBestWeights ? "yes" : "no",
      "startFromEpoch": "\(startFromEpoch)",
    ]) { first, _ in first }
  }

  private struct State: Codable {
    var wait: Int
    var best: Double?
    var bestEpoch, stoppedEpoch: Int?
  }

  public func saveState() throws -> CallbackState? {
    try CallbackState(
      State(wait: wait, best: best, bestEpoch: bestEpoch, stoppedEpoch: stoppedEpoch),
      weights: bestWeights)
  }

  public func check(state: CallbackState, epochs: Int) throws {
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
        callback: name, value: "weights", expected: "those of the best epoch", found: "none")
    }
  }

  public func restore(state: CallbackState) throws {
    let values = try state.decode(State.self)
    (wait, best) = (values.wait, values.best)
    (bestEpoch, stoppedEpoch) = (values.bestEpoch, values.stoppedEpoch)
    bestWeights = state.weights
  }
}
