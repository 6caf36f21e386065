/// A callback made of closures, each called by the hook of its name.
/// ```swift
/// ClosureCallback(epochDidEnd: { epoch, logs, _ in print(epoch, logs["loss"] ?? .nan) })
/// ```
public final class ClosureCallback: Callback {
  /// A closure called before training.
  public typealias BeginHook = (_ run: any TrainingRun) throws -> Void
  /// A closure called at the beginning of an epoch.
  public typealias EpochBeginHook = (_ epoch: Int, _ run: any TrainingRun) throws -> Void
  /// A closure called after a batch.
  public typealias BatchHook = (_ batch: Int, _ logs: Logs, _ run: any TrainingRun) throws -> Void
  /// A closure called after an epoch; it may change the logs.
  public typealias EpochHook = (_ epoch: Int, _ logs: inout Logs, _ run: any TrainingRun) throws ->
    Void
  /// A closure called after training.
  public typealias EndHook = (_ logs: Logs, _ run: any TrainingRun) throws -> Void

  private let onTrainingBegin: BeginHook?
  private let onEpochBegin: EpochBeginHook?
  private let onBatchEnd: BatchHook?
  private let onEpochEnd: EpochHook?
  private let onTrainingEnd: EndHook?

  /// A callback that calls those closures that are given.
  public init(
    trainingWillBegin: BeginHook? = nil, epochWillBegin: EpochBeginHook? = nil,
    batchDidEnd: BatchHook? = nil, epochDidEnd: EpochHook? = nil, trainingDidEnd: EndHook? = nil
  ) {
    onTrainingBegin = trainingWillBegin
    onEpochBegin = epochWillBegin
    onBatchEnd = batchDidEnd
    onEpochEnd = epochDidEnd
    onTrainingEnd = trainingDidEnd
  }

  /// None, unless there is a closure for the end of epochs, which may add any.
  public var addedLogNames: Set<String>? { onEpochEnd == nil ? [] : nil }

  /// Calls the closure; throws what it throws.
  public func trainingWillBegin(_ run: any TrainingRun) throws { try onTrainingBegin?(run) }

  /// Calls the closure; throws what it throws.
  public func epochWillBegin(_ epoch: Int, _ run: any TrainingRun) throws {
    try onEpochBegin?(epoch, run)
  }

  /// Calls the closure; throws what it throws.
  public func batchDidEnd(_ batch: Int, logs: Logs, _ run: any TrainingRun) throws {
    try onBatchEnd?(batch, logs, run)
  }

  /// Calls the closure; throws what it throws.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {
    try onEpochEnd?(epoch, &logs, run)
  }

  /// Calls the closure; throws what it throws.
  public func trainingDidEnd(logs: Logs, _ run: any TrainingRun) throws {
    try onTrainingEnd?(logs, run)
  }
}
