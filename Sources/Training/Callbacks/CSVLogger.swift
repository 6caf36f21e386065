internal import FoundationEssentials
internal import Glibc
public import PinionTensor

/// Writes the values of each epoch as a line of a text file.
///
/// The header names the columns: `epoch`, counted from 0, then the names of the values that are
/// known before training and of those that the first epoch has, sorted. If none of them begins with
/// `val_`, each is followed by a column with that prefix. A value that an epoch lacks is `NA`; a
/// value without a column is not written. (Keras names the columns by the first epoch alone, so
/// that they depend on whether it ends with a validation.)
/// Numbers have as many digits as needed to read them back exactly. Lines end with a line feed;
/// Keras's `CSVLogger` writes a carriage return before it. A line is in the file when its epoch has
/// ended.
public final class CSVLogger: Callback {
  private let url: URL
  private let separator: Character
  private let append: Bool
  private var file: LineFile?
  /// The names of the values that were known before training.
  private var expected: Set<String> = []
  private var columns: [String]?
  /// The lines of this run.
  private var lines: [String] = []
  /// The size in bytes of the file appended to, before this run.
  private var start = 0

  /// A symbolic link to a file is replaced, not followed; appending to one is an error. A run that
  /// resumes from a checkpoint keeps the lines up to the checkpoint, with `append` or without, and
  /// removes later ones, whose epochs are run again. With `append`, the lines of a run that was
  /// killed before its first checkpoint stay: nothing tells them from those of an earlier training.
  ///
  /// - Parameters:
  ///   - file: A URL or a path.
  ///   - separator: The character between two fields.
  ///   - append: Whether to keep the contents of the file; its columns must be those that would be
  ///     written. Otherwise the file is truncated.
  public init(_ file: some FileLocation, separator: Character = ",", append: Bool = false) {
    url = file.fileURL
    self.separator = separator
    self.append = append
  }

  /// Throws `FileError` if the file cannot be opened, or has other columns than those to append.
  public func validate(run: any TrainingRun, logs: ExpectedLogs) throws {
    try LineFile.check(url.path, append: append)
    expected = logs.names
    guard append, logs.isComplete, let found = LineFile.firstLine(of: url.path) else { return }
    try check(found, is: header(Self.columns(of: logs.names)))
  }

  public var addedLogNames: Set<String>? { [] }

  public var runsOnFirstRankOnly: Bool { true }

  /// Throws `FileError` if the file cannot be opened, or another run writes to it.
  public func trainingWillBegin(run: any TrainingRun) throws {
    (columns, lines, start) = (nil, [], 0)
    file = nil
    let file = try LineFile(url.path, append: append)
    // A run that resumes still needs its lines.
    if !run.isResumed {
      if append {
        try file.endLastLine()
        start = file.size
      } else {
        try file.truncate(to: 0)
      }
    }
    self.file = file
  }

  /// Throws `FileError` if the line cannot be written, or the file appended to has other columns.
  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    guard let file else { return }
    let columns = try columns ?? begin(file, with: logs)
    self.columns = columns
    let values = columns.map { name in logs[name].map(NumberText.shortest) ?? "NA" }
    try write(line(["\(epoch)"] + values), to: file)
  }

  // MARK: Checkpoints

  /// All but the path, which may differ from machine to machine.
  public var hyperparameters: [String: String] {
    ["separator": String(separator), "append": append ? "yes" : "no"]
  }

  private struct State: Codable {
    var columns: [String]?
    var lines: [String]
    var start: Int?

    /// The lines as in the file.
    var text: [UInt8] { lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } }
  }

  public func saveState() throws -> CallbackState? {
    try CallbackState(State(columns: columns, lines: lines, start: append ? start : nil))
  }

  /// Throws `FileError` if the file appended to does not hold what the run of the checkpoint left.
  public func check(state: CallbackState, epochs: Int) throws {
    let values = try state.decode(State.self)
    let start = values.start ?? 0
    try CallbackError.require(start, in: 0...Int(Int32.max) << 20, "start", of: "CSVLogger")
    var status = stat()
    guard append, unsafe stat(url.path, &status) == 0, status.st_size > 0 else { return }
    let reader = try FileReader(url)
    let text = values.text
    guard start + text.count <= reader.size,
      try reader.bytes(start..<start + text.count, place: "lines of the run") == text
    else {
      throw FileError(
        file: url.path, place: "byte \(start)",
        expected: "the \(values.lines.count) lines that the run left before the checkpoint",
        found: "\(max(0, reader.size - start)) other bytes")
    }
    try checkRest(
      reader.bytes(start + text.count..<reader.size, place: "lines of the run"), from: epochs,
      mayBegin: text.isEmpty)
  }

  /// Throws unless the lines after those of a checkpoint are of the epochs that followed it: other
  /// lines must not be removed.
  private func checkRest(
    _ rest: [UInt8], from epochs: Int, mayBegin: Bool
  ) throws(FileError) {
    var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // Empty, or part of a line if the program was killed.
    lines.removeLast()
    if mayBegin, lines.first?.starts(with: "epoch\(separator)".utf8) == true { lines.removeFirst() }
    for (index, line) in lines.enumerated() {
      let expected = "\(epochs + index)\(separator)"
      guard line.starts(with: expected.utf8) else {
        throw FileError(
          file: url.path, place: "after the lines of the checkpoint",
          expected: "the line of epoch \(epochs + index) or nothing",
          found: Self.shown(String(decoding: line.prefix(80), as: UTF8.self)))
      }
    }
  }

  /// Removes the lines after the checkpoint.
  public func restore(state: CallbackState) throws {
    let values = try state.decode(State.self)
    columns = values.columns
    guard let file else { return }
    if append, file.size > 0 {
      (lines, start) = (values.lines, values.start ?? 0)
      try file.truncate(to: start + values.text.count)
      return
    }
    try file.truncate(to: 0)
    // The header was in the file before the run; the file is gone.
    if append, let columns, values.lines.first != header(columns) {
      try write(header(columns), to: file)
    }
    for line in values.lines { try write(line, to: file) }
  }

  private func write(_ line: String, to file: LineFile) throws {
    try file.write(line)
    lines.append(line)
  }

  public func trainingDidEnd(logs: Logs, run: any TrainingRun) throws { file = nil }

  private func begin(_ file: LineFile, with logs: Logs) throws -> [String] {
    let columns = Self.columns(of: expected.union(logs.names))
    if append, let found = file.firstLine {
      try check(found, is: header(columns))
    } else {
      try write(header(columns), to: file)
    }
    return columns
  }

  private static func columns(of names: Set<String>) -> [String] {
    let names = names.sorted()
    return names.contains { $0.hasPrefix("val_") } ? names : names + names.map { "val_\($0)" }
  }

  private func header(_ columns: [String]) -> String { line(["epoch"] + columns) }

  private func check(_ found: String, is header: String) throws(FileError) {
    guard found != header else { return }
    throw FileError(
      file: url.path, place: "line 1", expected: "the columns \(header)", found: Self.shown(found))
  }

  private static func shown(_ line: String) -> String { line.isEmpty ? "an empty line" : line }

  private func line(_ fields: [String]) -> String {
    fields.map(quoted).joined(separator: String(separator))
  }

  private func quoted(_ field: String) -> String {
    guard field.contains(where: { $0 == separator || $0 == "\"" || $0.isNewline }) else {
      return field
    }
    let parts = field.split(separator: "\"", omittingEmptySubsequences: false)
    return "\"" + parts.joined(separator: "\"\"") + "\""
  }
}
