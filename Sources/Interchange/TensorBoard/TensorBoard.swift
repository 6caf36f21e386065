internal import FoundationEssentials
internal import Glibc
public import PinionLayers
public import PinionTensor
public import PinionTraining

/// Writes the values of a run to event files, which TensorBoard shows during training.
///
/// ```swift
/// let board = TensorBoard("runs/1", graphOf: model.graph, histogramsOf: model.network)
/// try model.fit(training, validation: test, epochs: 10, callbacks: [board])
/// ```
/// `tensorboard --logdir runs` shows them. As Keras's callback, the values of training are in the
/// subfolder `train`, and those of the validation in `validation`, without `val_`; tags are
/// `epoch_loss`, `epoch_accuracy`, `epoch_learning_rate`, … at the epoch, counted from 0, and
/// `batch_loss`, … at the batch, counted over all epochs. A batch's values are the means of the
/// epoch so far.
///
/// A run that resumes from a checkpoint continues after the values of the checkpoint: those that a
/// killed run wrote after it are removed, and each step occurs once.
public final class TensorBoard: Callback {
  private let folder: String
  private let batchInterval: Int?
  private let graph: Graph?
  private let network: Network?
  private let gradients: (() throws -> Gradients)?
  private let values: [String: EventWriter.Hyperparameter]
  private let onEpochEnd: ((EventWriter, Int) throws -> Void)?

  private var runName = ""
  /// The batches of all epochs so far.
  private var batches = 0
  private var training: EventWriter?
  private var validation: EventWriter?

  /// - Parameters:
  ///   - folder: A URL or a path; created if missing. Each run has a folder of its own.
  ///   - batchInterval: The number of batches between two that are written, one or more. Default:
  ///     none are written.
  ///   - graph: The graph that is written, usually the model's. Default: none.
  ///   - network: The network whose parameters' histograms are written after each epoch, usually
  ///     the model's. Default: none.
  ///   - gradients: Computes the gradients whose histograms are written after each epoch, with the
  ///     tags `gradients/dense/kernel`, such as `{ try model.gradients(of: samples) }`. The state
  ///     of layers that this changes, such as moving statistics, is restored. Default: none.
  ///   - hyperparameters: Written once, for TensorBoard's table of runs. Default: none.
  ///   - onEpochEnd: Called after each epoch with the writer of `train` and the epoch, to write
  ///     more, such as a confusion matrix. Default: nothing.
  public init(
    _ folder: some FileLocation, batchInterval: Int? = nil, graphOf graph: Graph? = nil,
    histogramsOf network: Network? = nil, gradients: (() throws -> Gradients)? = nil,
    hyperparameters: [String: EventWriter.Hyperparameter] = [:],
    onEpochEnd: ((EventWriter, _ epoch: Int) throws -> Void)? = nil
  ) {
    self.folder = folder.filePath
    self.batchInterval = batchInterval.map { max(1, $0) }
    self.graph = graph
    self.network = network
    self.gradients = gradients
    values = hyperparameters
    self.onEpochEnd = onEpochEnd
  }

  public var addedLogNames: Set<String>? { [] }

  /// Throws `FileError` if a folder of the run's files can neither be written nor created.
  public func validate(run: any TrainingRun, logs: ExpectedLogs) throws {
    try Folder.checkMakeable(path(of: .training))
    if logs.names.contains(where: { $0.hasPrefix("val_") }) {
      try Folder.checkMakeable(path(of: .validation))
    }
  }

  public func trainingWillBegin(run: any TrainingRun) throws {
    (training, validation) = (nil, nil)
    runName = EventWriter.newRun
  }

  /// Throws `FileError` if the values cannot be written.
  public func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws {
    batches += 1
    guard let batchInterval, (batches - 1).isMultiple(of: batchInterval) else { return }
    let writer = try trainingWriter()
    for (name, value) in logs { try writer.scalar("batch_\(name)", value, step: batches - 1) }
  }

  public func epochWillBegin(epoch: Int, run: any TrainingRun) throws {
    batches = epoch * run.batchesPerEpoch
  }

  public func epochWillResume(epoch: Int, batch: Int, run: any TrainingRun) throws {
    batches = epoch * run.batchesPerEpoch + batch
  }

  /// Throws `FileError` if the values cannot be written, and what `gradients` and `onEpochEnd`
  /// throw.
  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    let writer = try trainingWriter()
    for (name, value) in logs {
      if name.hasPrefix("val_") {
        try validationWriter().scalar("epoch_\(name.dropFirst(4))", value, step: epoch)
      } else {
        try writer.scalar("epoch_\(name)", value, step: epoch)
      }
    }
    if logs[Self.learningRate] == nil {
      try writer.scalar("epoch_\(Self.learningRate)", run.learningRate, step: epoch)
    }
    if let weights = network?.weights {
      for entry in weights.entries {
        try writer.histogram(entry.name, weights.view(of: entry), step: epoch)
      }
    }
    if let gradients {
      let before = run.weightsSnapshot()
      defer { run.restoreWeights(before) }
      let gradients = try gradients()
      for name in gradients.names {
        try writer.histogram("gradients/\(name)", gradients[name], step: epoch)
      }
    }
    try onEpochEnd?(writer, epoch)
  }

  public func trainingDidEnd(logs: Logs, run: any TrainingRun) throws {
    (training, validation) = (nil, nil)
  }

  private static let learningRate = "learning_rate"

  private enum Part: String {
    case training = "train"
    case validation
  }

  private func path(of part: Part) -> String { "\(folder)/\(part.rawValue)" }

  private func trainingWriter() throws -> EventWriter {
    if let training { return training }
    let writer = try EventWriter(folder: path(of: .training), run: runName)
    if let graph { try writer.graph(graph) }
    if !values.isEmpty { try writer.hyperparameters(values) }
    training = writer
    return writer
  }

  private func validationWriter() throws -> EventWriter {
    if let validation { return validation }
    let writer = try EventWriter(folder: path(of: .validation), run: runName)
    validation = writer
    return writer
  }

  // MARK: Checkpoints

  /// All but the folder, which may differ from machine to machine, and what the caller writes.
  public var hyperparameters: [String: String] {
    [
      "batchInterval": batchInterval.map { "\($0)" } ?? "none",
      "histograms": network == nil ? "no" : "yes",
      "gradients": gradients == nil ? "no" : "yes",
    ]
  }

  private struct State: Codable {
    var run: String
    /// The sizes of the files of training and validation, in bytes; nil where there was none.
    var training: Int?
    var validation: Int?
  }

  public func saveState() throws -> CallbackState? {
    try CallbackState(
      State(run: runName, training: training?.file.size, validation: validation?.file.size))
  }

  /// Throws `FileError` if the files of the run are shorter than they were at the checkpoint.
  public func check(state: CallbackState, epochs: Int) throws {
    let values = try state.decode(State.self)
    let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
    guard 1...13 ~= values.run.utf8.count,
      values.run.utf8.allSatisfy({ letters.contains($0) || (0x30...0x39).contains($0) })
    else {
      throw CallbackError.invalidState(
        callback: "TensorBoard", value: "run", expected: "up to 13 letters and digits",
        found: String(values.run.prefix(40)))
    }
    for (size, part) in [(values.training, Part.training), (values.validation, .validation)] {
      guard let size else { continue }
      guard size >= 0 else {
        throw CallbackError.invalidState(
          callback: "TensorBoard", value: "size", expected: "0 or more", found: "\(size)")
      }
      let files = EventFile.files(of: values.run, in: path(of: part))
      let longest = try files.map { try FileReader(URL(filePath: $0)).size }.max()
      guard longest ?? size >= size else {
        throw FileError(
          file: files.last ?? folder, place: "events of the run",
          expected: "the \(size) bytes that the run left before the checkpoint",
          found: "\(longest ?? 0)")
      }
    }
  }

  /// Removes the values after the checkpoint. Starts new files where those of the run are gone.
  public func restore(state: CallbackState) throws {
    let values = try state.decode(State.self)
    runName = values.run
    training = try continued(values.training, in: path(of: .training))
    validation = try continued(values.validation, in: path(of: .validation))
  }

  private func continued(_ size: Int?, in folder: String) throws -> EventWriter? {
    if let size { return try EventWriter(folder: folder, run: runName, after: size) }
    for file in EventFile.files(of: runName, in: folder) { unsafe unlink(file) }
    return nil
  }
}
