public import FoundationEssentials

/// Observes training, and may control it, through hooks that `fit` calls.
///
/// All requirements have defaults; the hooks do nothing by default. Epochs and batches count from
/// 0. `fit` calls the callbacks in the order given. An error thrown by a hook ends training and is
///    thrown by `fit`; the only hook called after it is ``trainingDidEnd(logs:run:)``, for every
///    callback whose ``trainingWillBegin(run:)`` has returned.
///
/// ```swift
/// final class Bell: Callback {
///   func trainingDidEnd(logs: Logs, run: any TrainingRun) { print("\u{7}") }
/// }
/// ```
public protocol Callback: AnyObject {
  // MARK: Before training

  /// Called once, before the other hooks of all callbacks, to throw errors that would occur later.
  ///
  /// Must not open files for writing nor change anything. `logs` holds the names of the values that
  /// an epoch will have.
  func validate(run: any TrainingRun, logs: ExpectedLogs) throws

  /// The names of the values that ``epochDidEnd(epoch:logs:run:)`` may add to the logs, or nil if
  /// they are not known before training. Default: nil.
  ///
  /// If they are known, a later callback that monitors a missing value is an error before training
  /// instead of after the first epoch.
  var addedLogNames: Set<String>? { get }

  // MARK: Hooks

  /// Called before the first epoch. A callback that was used before resets its state.
  func trainingWillBegin(run: any TrainingRun) throws

  /// Called before the first batch of an epoch.
  func epochWillBegin(epoch: Int, run: any TrainingRun) throws

  /// Called instead of ``epochWillBegin(epoch:run:)`` before an epoch that resumes from a
  /// checkpoint after `batch` batches.
  func epochWillResume(epoch: Int, batch: Int, run: any TrainingRun) throws

  /// Called after the update by a batch. `logs` holds the running means of the epoch so far.
  func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws

  /// Called after an epoch and its validation. Values added to `logs` are visible to the callbacks
  /// after this one and recorded in the history.
  func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws

  /// Called when training ends, by an error or an interruption too, with the logs of the last
  /// epoch.
  func trainingDidEnd(logs: Logs, run: any TrainingRun) throws

  // MARK: Ranks

  /// Whether only the first of several ranks calls the callback's hooks, for callbacks that write
  /// files or show progress; see `Model.distribute(over:)`. Others run on all ranks and must make
  /// the same decisions. Default: false.
  var runsOnFirstRankOnly: Bool { get }

  // MARK: Checkpoints

  /// Whether the callback is part of the run that a checkpoint describes. Default: true.
  ///
  /// If false, checkpoints neither compare it nor keep its state: for callbacks that only show
  /// progress.
  var isCheckpointed: Bool { get }

  /// The hyperparameters that must be equal for a run to resume from a checkpoint, by name.
  /// Default: none.
  var hyperparameters: [String: String] { get }

  /// The state that ``restore(state:)`` needs to continue training as if it had not been
  /// interrupted. Default: nil.
  func saveState() throws -> CallbackState?

  /// Throws if ``restore(state:)`` cannot take over a state from a checkpoint of `epochs` finished
  /// epochs.
  ///
  /// Called for all callbacks before the first ``trainingWillBegin(run:)``, so that an invalid
  /// checkpoint is an error before files are opened. A `DecodingError` or a ``CallbackError``
  /// becomes a `FileError` that names the callback.
  func check(state: CallbackState, epochs: Int) throws

  /// Takes over a state that ``saveState()`` returned, usually in another process. Called after
  /// ``trainingWillBegin(run:)``.
  func restore(state: CallbackState) throws
}

extension Callback {
  public func validate(run: any TrainingRun, logs: ExpectedLogs) throws {}
  public var addedLogNames: Set<String>? { nil }

  public func trainingWillBegin(run: any TrainingRun) throws {}
  public func epochWillBegin(epoch: Int, run: any TrainingRun) throws {}
  public func epochWillResume(epoch: Int, batch: Int, run: any TrainingRun) throws {}
  public func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws {}
  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {}
  public func trainingDidEnd(logs: Logs, run: any TrainingRun) throws {}

  public var runsOnFirstRankOnly: Bool { false }

  public var isCheckpointed: Bool { true }
  public var hyperparameters: [String: String] { [:] }
  public func saveState() throws -> CallbackState? { nil }
  public func check(state: CallbackState, epochs: Int) throws {}
  public func restore(state: CallbackState) throws {}
}

/// The current training run, as callbacks observe and control it.
public protocol TrainingRun: AnyObject {
  /// The number of epochs planned.
  var epochs: Int { get }

  /// The number of batches in an epoch, the last, partial one included.
  var batchesPerEpoch: Int { get }

  /// The number of samples in a full batch.
  var batchSize: Int { get }

  /// The number of samples in an epoch.
  var sampleCount: Int { get }

  /// Whether training ends after the epoch under way; can be set back to false.
  var stopRequested: Bool { get set }

  /// Whether training resumes from a checkpoint. Default: false.
  var isResumed: Bool { get }

  /// Whether an epoch ends with a validation. Default: true.
  func isValidated(epoch: Int) -> Bool

  /// Ends training after the batch under way; before the first batch of an epoch, after that one.
  /// The epoch is then neither validated nor recorded, unless the batch is its last.
  func interrupt()

  /// The learning rate of the next update. Setting it replaces a schedule by a constant, as
  /// assigning `optimizer.learning_rate` does in Keras.
  var learningRate: Double { get set }

  /// The direction in which each metric improves, by its name in the logs without `val_`.
  var metricDirections: [String: MetricDirection] { get }

  /// A copy of all current weights, including those that are not trained.
  func weightsSnapshot() -> WeightsSnapshot

  /// Copies the current weights into a snapshot of the same run. Does not allocate.
  func updateSnapshot(_ snapshot: WeightsSnapshot)

  /// Sets the weights to those of a snapshot.
  func restoreWeights(_ snapshot: WeightsSnapshot)

  /// Writes the weights as a safetensors file, which appears under its name only when complete.
  ///
  /// Throws `FileError` if the file cannot be written.
  func saveWeights(to file: URL) throws
}

extension TrainingRun {
  public var isResumed: Bool { false }

  public func isValidated(epoch: Int) -> Bool { true }

  /// Ends training after the epoch under way.
  public func requestStop() { stopRequested = true }
}
