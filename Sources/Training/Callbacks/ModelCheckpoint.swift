public import FoundationEssentials
public import PinionTensor

/// Saves the weights after each epoch, or after each epoch that is the best so far, as in Keras 3.
///
/// The path is a template with fields in Keras's (Python's) format syntax: `{epoch}`, counted from
/// 1, and any name in the logs, with an optional width, number of decimals and form:
/// `weights-{epoch:02d}-{val_loss:.2f}.safetensors`. Doubled braces stand for single ones. Missing
/// folders are created. A file appears under its name only when complete.
public final class ModelCheckpoint: Callback {
  private let template: String
  private var monitor: Monitor
  private let saveBestOnly: Bool
  private let initialValueThreshold: Double?
  private let verbose: Bool
  /// The receiver of messages.
  package var console: any Console = StandardOutput()

  private var fileName: FileNameTemplate?

  /// The best value so far, at first `initialValueThreshold`; kept from run to run.
  public private(set) var best: Double?
  /// The file saved last.
  public private(set) var lastFile: URL?

  /// - Parameters:
  ///   - template: The path, or a URL of it.
  ///   - monitor: The name in the logs of the metric that determines the best epoch.
  ///   - saveBestOnly: Whether to save only after an epoch that is the best so far.
  ///   - mode: Whether lower or higher is better. Default: the direction of the metric.
  ///   - initialValueThreshold: A value that the first saved epoch must beat.
  ///   - verbose: Whether to print messages.
  public init(
    _ template: some FileLocation, monitor: String = "val_loss", saveBestOnly: Bool = false,
    mode: MonitorMode = .auto, initialValueThreshold: Double? = nil, verbose: Bool = false
  ) {
    self.template = template.filePath
    self.monitor = Monitor(monitor, mode: mode, callback: "ModelCheckpoint")
    self.saveBestOnly = saveBestOnly
    self.initialValueThreshold = initialValueThreshold
    self.verbose = verbose
    best = initialValueThreshold
  }

  /// Throws ``CallbackError`` if the template is malformed or a value is missing that it or the
  /// choice of the best needs, and `FileError` if the folder cannot be created or written to, the
  /// file's name is too long, or a folder has it. If the template has no field but `{epoch}`, the
  /// names of all epochs are examined, up to 10,000.
  public func validate(run: any TrainingRun, logs: ExpectedLogs) throws {
    let fileName = try FileNameTemplate(template)
    for name in fileName.fieldNames { try logs.require(name, for: "ModelCheckpoint") }
    if saveBestOnly { try monitor.validate(run: run, logs) }
    let file = URL(filePath: fileName.constantPath ?? fileName.constantFolder + "/weights")
    let folder = file.deletingLastPathComponent()
    try Folder.checkMakeable(folder.path)
    if fileName.constantPath != nil, Folder.exists(folder.path) {
      try AtomicFile.checkWritable(file)
    }
    try checkNames(fileName, run: run)
  }

  /// The number of epochs whose files are looked for, which takes as many system calls.
  private static let examinedEpochs = 10_000
  /// Of a file's name, in bytes: Linux's NAME_MAX.
  private static let longestName = 255

  /// Throws if a file of the run cannot have its name. Of names with values of the logs, only the
  /// least length is known; in a folder yet to be made, no name is taken.
  private func checkNames(_ fileName: FileNameTemplate, run: any TrainingRun) throws {
    // Users' own runs do not say with which epoch they begin.
    let first = (run as? FitRun)?.schedule.initialEpoch ?? 0
    let epochs = first..<max(first, run.epochs)
    let mayBeTaken = fileName.fieldNames.isEmpty && Folder.exists(fileName.constantFolder)
    let examined = mayBeTaken && fileName.constantPath == nil ? Self.examinedEpochs : 0
    for epoch in Array(epochs.prefix(examined)) + epochs.suffix(1) {
      let path = try fileName.shortest(epoch: epoch + 1)
      let lengths = path.utf8.split(separator: UInt8(ascii: "/")).map(\.count)
      if let length = lengths.max(), length > Self.longestName {
        throw FileError(
          file: path, place: "the path", expected: "names of up to \(Self.longestName) bytes",
          found: "\(length)")
      }
      if mayBeTaken { _ = try AtomicFile.Destination(URL(filePath: path)) }
    }
  }

  public var addedLogNames: Set<String>? { [] }

  public var runsOnFirstRankOnly: Bool { true }

  public func trainingWillBegin(run: any TrainingRun) throws {
    fileName = try FileNameTemplate(template)
    if saveBestOnly { try monitor.begin(run) }
  }

  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if the logs lack a value that
  /// the template or the choice of the best needs, and `FileError` if a folder cannot be created or
  /// the file cannot be written.
  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    guard let fileName else { return }
    let needed = fileName.fieldNames + (saveBestOnly ? [monitor.name] : [])
    if needed.contains(where: { $0.hasPrefix("val_") && logs[$0] == nil }),
      !run.isValidated(epoch: epoch)
    {
      return
    }
    let path = try fileName.filled(epoch: epoch + 1, logs: logs)
    guard try shouldSave(epoch: epoch, logs: logs, path: path, run: run) else { return }
    let file = URL(filePath: path)
    try Folder.make(file.deletingLastPathComponent().path)
    try run.saveWeights(to: file)
    lastFile = file
    report(epoch, "finished saving model to \(path)")
  }

  private func shouldSave(
    epoch: Int, logs: Logs, path: String, run: any TrainingRun
  ) throws -> Bool {
    guard saveBestOnly else {
      report(epoch, "saving model to \(path)")
      return true
    }
    guard let current = try monitor.value(in: logs, epoch: epoch, run: run) else { return false }
    let before = best.map { NumberText.fixed($0, decimals: 5) } ?? "None"
    guard monitor.direction.isImprovement(current, over: best) else {
      report(epoch, "\(monitor.name) did not improve from \(before)")
      return false
    }
    let now = NumberText.fixed(current, decimals: 5)
    report(epoch, "\(monitor.name) improved from \(before) to \(now), saving model to \(path)")
    best = current
    return true
  }

  private func report(_ epoch: Int, _ message: String) {
    if verbose { console.writeMessage("Epoch \(epoch + 1): \(message)") }
  }

  // MARK: Checkpoints

  /// All but the path, which may differ from machine to machine.
  public var hyperparameters: [String: String] {
    monitor.hyperparameters.merging([
      "saveBestOnly": saveBestOnly ? "yes" : "no",
      "initialValueThreshold": initialValueThreshold.map { "\($0)" } ?? "none",
    ]) { first, _ in first }
  }

  private struct State: Codable {
    var best: Double?
    var lastFile: URL?
  }

  public func saveState() throws -> CallbackState? {
    try CallbackState(State(best: best, lastFile: lastFile))
  }

  public func check(state: CallbackState, epochs: Int) throws {
    try CallbackError.require(
      finite: state.decode(State.self).best, "best", of: "ModelCheckpoint")
  }

  public func restore(state: CallbackState) throws {
    let values = try state.decode(State.self)
    (best, lastFile) = (values.best, values.lastFile)
  }
}
