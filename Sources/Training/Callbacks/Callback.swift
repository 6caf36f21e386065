public import FoundationEssentials

/// Something that watches training, and may steer it, at the moments that `fit` calls its hooks.
///
/// Every hook is optional. Epochs and batches count from 0, as in Keras's hooks; what is printed
/// counts from 1. `fit` calls the callbacks in the order given. An error thrown by a hook ends
/// training and is thrown by `fit`; of the hooks only ``trainingDidEnd(logs:_:)`` is called then, of
/// every callback that had begun.
/// ```swift
/// final class Bell: Callback {
///   func trainingDidEnd(logs: Logs, _ run: any TrainingRun) { print("\u{7}") }
/// }
/// ```
public protocol Callback: AnyObject {
  /// Called once, before all other hooks of all callbacks, to find out what is known to go wrong before work is spent.
  ///
  /// It opens nothing for writing and changes nothing. `logs` says which values an epoch will have. Default: nothing to object.
  func validate(_ run: any TrainingRun, logs: ExpectedLogs) throws

  /// The names of the values that ``epochDidEnd(_:logs:_:)`` may add to the logs, nil if they are not known beforehand.
  ///
  /// Where they are known, a callback behind that watches a value that does not exist is an error before training, not after the
  /// first epoch. Default: nil.
  var addedLogNames: Set<String>? { get }

  /// Called once, before the first epoch; a callback that was used before starts afresh here.
  func trainingWillBegin(_ run: any TrainingRun) throws

  /// Called before the first batch of an epoch.
  func epochWillBegin(_ epoch: Int, _ run: any TrainingRun) throws

  /// Called instead of ``epochWillBegin(_:_:)`` before an epoch that goes on from a checkpoint, after `batch` of its batches.
  func epochWillResume(_ epoch: Int, batch: Int, _ run: any TrainingRun) throws

  /// Called after the update of the weights by a batch; `logs` holds the epoch's running means so
  /// far.
  func batchDidEnd(_ batch: Int, logs: Logs, _ run: any TrainingRun) throws

  /// Called after an epoch and its validation, with the values that will enter the history; what a
  /// callback adds to `logs`, the callbacks after it and the history see.
  func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws

  /// Called once, when training ends, also by an error or an interruption, with the logs of the epoch that was the last.
  func trainingDidEnd(logs: Logs, _ run: any TrainingRun) throws

  /// What must be remembered for training to go on later as if never interrupted; nil for nothing.
  func saveState() throws -> CallbackState?

  /// Throws if a state of a checkpoint is none that ``restoreState(_:)`` can take up; called for all callbacks before the first
  /// ``trainingWillBegin(_:)``, so that a checkpoint that is broken costs no file. Default: nothing to object.
  ///
  /// A `DecodingError` and a ``CallbackError`` become a `FileError` that names the callback.
  ///
  /// - Parameter epochs: How many epochs the run of the checkpoint had finished.
  func checkState(_ state: CallbackState, epochs: Int) throws

  /// Takes up what ``saveState()`` of the same callback returned in another process, after ``trainingWillBegin(_:)``.
  func restoreState(_ state: CallbackState) throws
}

extension Callback {
  /// Nothing to object.
  public func validate(_ run: any TrainingRun, logs: ExpectedLogs) throws {}

  /// Not known.
  public var addedLogNames: Set<String>? { nil }

  /// Nothing to object.
  public func checkState(_ state: CallbackState, epochs: Int) throws {}

  /// Nothing to remember.
  public func saveState() throws -> CallbackState? { nil }

  /// Nothing to take up.
  public func restoreState(_ state: CallbackState) throws {}

  /// Does nothing.
  public func epochWillResume(_ epoch: Int, batch: Int, _ run: any TrainingRun) throws {}

  /// Does nothing.
  public func trainingWillBegin(_ run: any TrainingRun) throws {}

  /// Does nothing.
  public func epochWillBegin(_ epoch: Int, _ run: any TrainingRun) throws {}

  /// Does nothing.
  public func batchDidEnd(_ batch: Int, logs: Logs, _ run: any TrainingRun) throws {}

  /// Does nothing.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {}

  /// Does nothing.
  public func trainingDidEnd(logs: Logs, _ run: any TrainingRun) throws {}
}

/// The training under way, as a callback sees and steers it.
public protocol TrainingRun: AnyObject {
  /// The number of epochs planned: training ends after the epoch `epochs − 1`.
  var epochs: Int { get }

  /// The number of batches in an epoch, the last, partial one included.
  var batchesPerEpoch: Int { get }

  /// The number of images in a full batch.
  var batchSize: Int { get }

  /// The number of images in an epoch.
  var trainingCount: Int { get }

  /// Whether training ends after the epoch under way. Setting it to `false` again withdraws the
  /// request.
  var stopRequested: Bool { get set }

  /// Whether training goes on from a checkpoint: callbacks are given their states after they begin. Default: no.
  var isResumed: Bool { get }

  /// Asks that training end after the batch under way. The epoch, then incomplete, is neither validated nor recorded.
  func interrupt()

  /// The learning rate of the next update; setting it replaces a schedule by that constant, as
  /// assigning `optimizer.learning_rate` does in Keras.
  var learningRate: Double { get set }

  /// In which direction each metric improves, by its name in the logs without `val_`: `"loss"`,
  /// `"accuracy"`.
  var metricDirections: [String: MetricDirection] { get }

  /// A copy of all weights as they are now, those that are not trained included.
  func weightsSnapshot() -> WeightsSnapshot

  /// Writes the weights as they are now over a snapshot of the same run; allocates nothing.
  func updateSnapshot(_ snapshot: WeightsSnapshot)

  /// Puts the weights back to what they were when the snapshot was taken.
  func restoreWeights(_ snapshot: WeightsSnapshot)

  /// Writes the weights as a safetensors file that appears under its name only when complete.
  ///
  /// Throws `FileError` if the file cannot be written.
  func saveWeights(to file: URL) throws
}

extension TrainingRun {
  /// No.
  public var isResumed: Bool { false }

  /// Asks that training end after the epoch under way.
  public func requestStop() { stopRequested = true }
}
