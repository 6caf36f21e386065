public import FoundationEssentials

/// When and where training leaves what it needs to go on later as if it had never stopped.
///
/// One safetensors file holds the weights, the optimizer's state, the place in the epoch, the history, and the state of metrics and callbacks. It is
/// written beside and renamed, so the last complete one is always there. A run that resumes ends with the bits of one that was not interrupted,
/// if model, data and arguments of `fit` are the same. Network, optimizer, loss, seed, batch size, number of samples, shuffling, metrics,
/// callbacks' types and ``settings`` are compared: a `FileError` names all that differ. The largest number of epochs may grow.
/// ```swift
/// try model.fit(
///   training, epochs: 50, callbacks: [EarlyStopping(patience: 5, restoreBestWeights: true)],
///   checkpointing: Checkpointing(to: file, every: .epochs(1), resumes: true))
/// ```
public struct Checkpointing: Sendable, Equatable {
  /// How often a checkpoint is written, besides on an interruption.
  public enum Interval: Sendable, Equatable {
    /// After every so many epochs.
    case epochs(Int)
    /// After every so many batches of an epoch, and after each epoch.
    case batches(Int)
  }

  /// The file.
  public var file: URL
  /// How often it is written.
  public var interval: Interval
  /// Whether to go on from the file, if it is there.
  public var resumes: Bool
  /// What must be the same besides what `fit` sees of the model, its data and its arguments, by name: such as how images are augmented.
  public var settings: [String: String]

  /// Checkpoints in a file. Default: after every epoch, starting afresh, no further settings.
  public init(
    to file: URL, every interval: Interval = .epochs(1), resumes: Bool = false,
    settings: [String: String] = [:]
  ) {
    self.file = file
    self.interval = interval
    self.resumes = resumes
    self.settings = settings
  }

  func isDue(afterEpoch epoch: Int) -> Bool {
    switch interval {
    case .epochs(let count): (epoch + 1).isMultiple(of: max(1, count))
    case .batches: true
    }
  }

  func isDue(afterBatch batch: Int) -> Bool {
    switch interval {
    case .epochs: false
    case .batches(let count): (batch + 1).isMultiple(of: max(1, count))
    }
  }
}
