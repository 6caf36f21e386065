public import FoundationEssentials
internal import PinionTensor

/// Saves the weights after each epoch, or after each that is better than those before, as Keras 3.
///
/// The file's name is a template with fields in Keras's (Python's) format syntax: `{epoch}`,
/// counted from 1, and any name in the logs, with an optional width, number of decimals and form:
/// `weights-{epoch:02d}-{val_loss:.2f}.safetensors`. Doubled braces stand for themselves. Folders
/// that are missing are made. A file appears under its name only when complete.
public final class ModelCheckpoint: Callback {
  private let template: String
  private let monitor: String
  private let saveBestOnly: Bool
  private let mode: MonitorMode
  private let verbose: Bool
  private let console: any Console

  private var fileName: FileNameTemplate?
  private var direction = MetricDirection.minimize

  /// The best value so far, kept from run to run; at first the threshold given.
  public private(set) var best: Double?

  /// The file saved last.
  public private(set) var lastFile: URL?

  /// A callback that saves to files named by a template.
  ///
  /// - Parameters:
  ///   - template: The files' path.
  ///   - monitor: The metric that says which epoch is better.
  ///   - saveBestOnly: Whether to save only after an epoch that is better than those before.
  ///   - mode: Whether less or more is better; by default what the metric says.
  ///   - initialValueThreshold: A value that the first file's epoch must beat.
  ///   - verbose: Whether to say so when it saves.
  ///   - console: Where to say so.
  public init(
    _ template: String, monitor: String = "val_loss", saveBestOnly: Bool = false,
    mode: MonitorMode = .auto, initialValueThreshold: Double? = nil, verbose: Bool = false,
    console: any Console = StandardOutput()
  ) {
    self.template = template
    self.monitor = monitor
    self.saveBestOnly = saveBestOnly
    self.mode = mode
    self.verbose = verbose
    self.console = console
    best = initialValueThreshold
  }

  /// Throws ``CallbackError`` if the template cannot be read, or if it or the choice of the best needs a value that the
  /// logs will not have, and `FileError` if the folder cannot be made or takes no files, or if a folder bears the file's name.
  public func validate(_ run: any TrainingRun, logs: ExpectedLogs) throws {
    let fileName = try FileNameTemplate(template)
    for name in fileName.fieldNames { try logs.require(name, for: "ModelCheckpoint") }
    if saveBestOnly {
      _ = try mode.direction(of: monitor, in: run.metricDirections, callback: "ModelCheckpoint")
      try logs.require(monitor, for: "ModelCheckpoint")
    }
    let file = URL(filePath: fileName.constantPath ?? fileName.constantFolder + "/weights")
    let folder = file.deletingLastPathComponent()
    try Folder.checkMakeable(folder.path)
    if fileName.constantPath != nil, Folder.exists(folder.path) {
      try AtomicFile.checkWritable(file)
    }
  }

  /// None.
  public var addedLogNames: Set<String>? { [] }

  /// Reads the template.
  ///
  /// Throws ``CallbackError/invalidTemplate(template:expected:found:)`` if it cannot be read, and
  /// ``CallbackError/unknownDirection(callback:monitor:known:)`` if only the best are to be saved,
  /// `mode` is `.auto` and the run does not know the metric.
  public func trainingWillBegin(_ run: any TrainingRun) throws {
    fileName = try FileNameTemplate(template)
    guard saveBestOnly else { return }
    direction = try mode.direction(
      of: monitor, in: run.metricDirections, callback: "ModelCheckpoint")
  }

  /// Saves the weights if the epoch is to be saved.
  ///
  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if the epoch has no value that
  /// the template or the choice of the best needs, and `FileError` if a folder cannot be made or
  /// the file not be written.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {
    guard let path = try fileName?.filled(epoch: epoch + 1, logs: logs) else { return }
    guard try shouldSave(epoch: epoch, logs: logs, path: path) else { return }
    let file = URL(filePath: path)
    try Folder.make(file.deletingLastPathComponent().path)
    try run.saveWeights(to: file)
    lastFile = file
    say(epoch, "finished saving model to \(path)")
  }

  private struct State: Codable {
    var best: Double?
    var lastFile: URL?
  }

  /// The best value and the file saved last.
  public func saveState() throws -> CallbackState? {
    try CallbackState(State(best: best, lastFile: lastFile))
  }

  /// Throws ``CallbackError/invalidState(callback:value:expected:found:)`` if the best value is not finite.
  public func checkState(_ state: CallbackState, epochs: Int) throws {
    try CallbackError.require(
      finite: state.decode(State.self).best, "best", of: "ModelCheckpoint")
  }

  /// Takes up the best value.
  public func restoreState(_ state: CallbackState) throws {
    let values = try state.decode(State.self)
    (best, lastFile) = (values.best, values.lastFile)
  }

  private func shouldSave(epoch: Int, logs: Logs, path: String) throws -> Bool {
    guard saveBestOnly else {
      say(epoch, "saving model to \(path)")
      return true
    }
    let current = try logs.value(of: monitor, for: "ModelCheckpoint")
    let before = best.map { NumberText.fixed($0, decimals: 5) } ?? "None"
    guard direction.isImprovement(current, over: best) else {
      say(epoch, "\(monitor) did not improve from \(before)")
      return false
    }
    let now = NumberText.fixed(current, decimals: 5)
    say(epoch, "\(monitor) improved from \(before) to \(now), saving model to \(path)")
    best = current
    return true
  }

  private func say(_ epoch: Int, _ message: String) {
    if verbose { console.writeMessage("Epoch \(epoch + 1): \(message)") }
  }
}
