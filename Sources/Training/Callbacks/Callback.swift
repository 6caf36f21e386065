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
