public import FoundationEssentials

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
