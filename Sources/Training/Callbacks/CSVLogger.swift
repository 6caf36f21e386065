public import FoundationEssentials
internal import Glibc
internal import PinionTensor

/// Writes the values of each epoch as a line of a text file.
///
/// The first line names the columns: `epoch`, counted from 0, then the names of the first epoch's
/// values, sorted. If none of them begins with `val_`, each has a twin that does. A value that an
/// epoch does not have is `NA`; one that the first epoch did not have is not written. Numbers have
/// as many digits as they need to be read back exactly. Lines end with a line feed, where Keras's
/// `CSVLogger` writes a carriage return too. Each line is in the file once its epoch has ended.
public final class CSVLogger: Callback {
  private let url: URL
  private let separator: Character
  private let append: Bool
  private var file: LineFile?
  private var columns: [String]?
  /// What this run wrote.
  private var lines: [String] = []

  /// How many bytes the file appended to had before.
  private var start = 0

  /// A callback that writes to a file, emptied first unless `append` is set; then the file's
  /// columns must be those that would be written.
  ///
  /// A symbolic link to a file is replaced, not followed; appending to one is refused. A run that goes on from a checkpoint
  /// leaves the lines that it left there, once each, whether it appends or not: those that were written after the checkpoint
  /// are cut off and written anew.
  public init(_ url: URL, separator: Character = ",", append: Bool = false) {
    self.url = url
    self.separator = separator
    self.append = append
  }

  /// Throws `FileError` if the file cannot be opened, or has other columns than those that would be appended.
  public func validate(_ run: any TrainingRun, logs: ExpectedLogs) throws {
    try LineFile.check(url.path, append: append)
    guard append, logs.isComplete, let found = LineFile.firstLine(of: url.path) else { return }
    try check(found, is: header(Self.columns(of: logs.names.sorted())))
  }

  /// None.
  public var addedLogNames: Set<String>? { [] }

  /// Opens the file.
  ///
  /// Throws `FileError` if the system refuses, or another run writes to it.
  public func trainingWillBegin(_ run: any TrainingRun) throws {
    (columns, lines, start) = (nil, [], 0)
    file = nil
    let file = try LineFile(url.path, append: append)
    // The lines of a run that goes on are still needed.
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

  /// Writes a line, after the first line if there is none yet.
  ///
  /// Throws `FileError` if the system refuses, or if the file appended to has other columns.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {
    guard let file else { return }
    let columns = try columns ?? begin(file, with: logs)
    self.columns = columns
    let values = columns.map { name in logs[name].map(NumberText.shortest) ?? "NA" }
    try write(line(["\(epoch)"] + values), to: file)
  }

  private struct State: Codable {
    var columns: [String]?
    var lines: [String]
    var start: Int?

    /// The lines as they stand in the file.
    var text: [UInt8] { lines.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } }
  }

  /// The lines of the run so far.
  public func saveState() throws -> CallbackState? {
    try CallbackState(State(columns: columns, lines: lines, start: append ? start : nil))
  }

  /// Throws `FileError` if the file that is appended to is no longer what the run of the checkpoint left.
  public func checkState(_ state: CallbackState, epochs: Int) throws {
    let values = try state.decode(State.self)
    let start = values.start ?? 0
    try CallbackError.require(start, in: 0...Int(Int32.max) << 20, "start", of: "CSVLogger")
    var status = stat()
    guard append, stat(url.path, &status) == 0, status.st_size > 0 else { return }
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

  /// Throws unless what stands behind the lines of a checkpoint are those of the epochs that were logged after it: whatever
  /// else is there is not ours to cut off.
  private func checkRest(
    _ rest: [UInt8], from epochs: Int, mayBegin: Bool
  ) throws(FileError) {
    var lines = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // What a program that was killed left of a line, or nothing.
    lines.removeLast()
    if mayBegin, lines.first?.starts(with: "epoch\(separator)".utf8) == true { lines.removeFirst() }
    for (index, line) in lines.enumerated() {
      let expected = "\(epochs + index)\(separator)"
      guard line.starts(with: expected.utf8) else {
        throw FileError(
          file: url.path, place: "behind the lines of the checkpoint",
          expected: "the line of epoch \(epochs + index) or nothing",
          found: String(decoding: line.prefix(80), as: UTF8.self))
      }
    }
  }

  /// Leaves the lines of the run up to the checkpoint: what was logged after it will be logged anew.
  public func restoreState(_ state: CallbackState) throws {
    let values = try state.decode(State.self)
    columns = values.columns
    guard let file else { return }
    if append, file.size > 0 {
      (lines, start) = (values.lines, values.start ?? 0)
      try file.truncate(to: start + values.text.count)
      return
    }
    try file.truncate(to: 0)
    // The first line was there already when the run began, in a file that is gone.
    if append, let columns, values.lines.first != header(columns) {
      try write(header(columns), to: file)
    }
    for line in values.lines { try write(line, to: file) }
  }

  private func write(_ line: String, to file: LineFile) throws {
    try file.write(line)
    lines.append(line)
  }

  /// Closes the file.
  public func trainingDidEnd(logs: Logs, _ run: any TrainingRun) throws { file = nil }

  private func begin(_ file: LineFile, with logs: Logs) throws -> [String] {
    let columns = Self.columns(of: logs.names)
    if append, let found = file.firstLine {
      try check(found, is: header(columns))
    } else {
      try write(header(columns), to: file)
    }
    return columns
  }

  private static func columns(of names: [String]) -> [String] {
    names.contains { $0.hasPrefix("val_") } ? names : names + names.map { "val_\($0)" }
  }

  private func header(_ columns: [String]) -> String { line(["epoch"] + columns) }

  private func check(_ found: String, is header: String) throws(FileError) {
    guard found != header else { return }
    throw FileError(
      file: url.path, place: "line 1", expected: "the columns \(header)", found: found)
  }

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
