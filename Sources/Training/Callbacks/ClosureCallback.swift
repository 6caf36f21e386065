/// A callback whose hooks are closures.
///
/// ```swift
/// ClosureCallback(epochDidEnd: { epoch, logs, _ in print(epoch, logs["loss"] ?? .nan) })
/// ```
public final class ClosureCallback: Callback {
  public typealias TrainingWillBegin = (_ run: any TrainingRun) throws -> Void
  public typealias EpochWillBegin = (_ epoch: Int, _ run: any TrainingRun) throws -> Void
  public typealias BatchDidEnd =
    (_ batch: Int, _ logs: Logs, _ run: any TrainingRun) throws -> Void
  public typealias EpochDidEnd =
    (_ epoch: Int, _ logs: inout Logs, _ run: any TrainingRun) throws -> Void
  public typealias TrainingDidEnd = (_ logs: Logs, _ run: any TrainingRun) throws -> Void

  private let onTrainingBegin: TrainingWillBegin?
  private let onEpochBegin: EpochWillBegin?
  private let onBatchEnd: BatchDidEnd?
  private let onEpochEnd: EpochDidEnd?
  private let onTrainingEnd: TrainingDidEnd?

  public init(
    trainingWillBegin: TrainingWillBegin? = nil, epochWillBegin: EpochWillBegin? = nil,
    batchDidEnd: BatchDidEnd? = nil, epochDidEnd: EpochDidEnd? = nil,
    trainingDidEnd: TrainingDidEnd? = nil
  ) {
    onTrainingBegin = trainingWillBegin
    onEpochBegin = epochWillBegin
    onBatchEnd = batchDidEnd
    onEpochEnd = epochDidEnd
    onTrainingEnd = trainingDidEnd
  }

  /// Empty, or nil if there is a closure for the end of an epoch, which may add any value.
  public var addedLogNames: Set<String>? { onEpochEnd == nil ? [] : nil }

  public func trainingWillBegin(run: any TrainingRun) throws { try onTrainingBegin?(run) }

  public func epochWillBegin(epoch: Int, run: any TrainingRun) throws {
    try onEpochBegin?(epoch, run)
  }

  public func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws {
    try onBatchEnd?(batch, logs, run)
  }

  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    try onEpochEnd?(epoch, &logs, run)
  }

  public func trainingDidEnd(logs: Logs, run: any TrainingRun) throws {
    try onTrainingEnd?(logs, run)
  }
}
