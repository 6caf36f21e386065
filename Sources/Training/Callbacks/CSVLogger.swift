public import FoundationEssentials
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

  /// A callback that writes to a file, emptied first unless `append` is set; then the file's
  /// columns must be those that would be written.
  public init(_ url: URL, separator: Character = ",", append: Bool = false) {
    self.url = url
    self.separator = separator
    self.append = append
  }

  /// Opens the file.
  ///
  /// Throws `FileError` if the system refuses.
  public func trainingWillBegin(_ run: any TrainingRun) throws {
    columns = nil
    lines = []
    file = try LineFile(url.path, append: append)
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
  }

  /// The lines of the run so far.
  public func saveState() throws -> CallbackState? {
    try CallbackState(State(columns: columns, lines: lines))
  }

  /// Writes the lines of the run so far again: what was logged after the checkpoint will be logged anew. A file that is appended to is left as it is.
  public func restoreState(_ state: CallbackState) throws {
    let values = try state.decode(State.self)
    columns = values.columns
    guard !append, let file else { return }
    for line in values.lines { try write(line, to: file) }
  }

  private func write(_ line: String, to file: LineFile) throws {
    try file.write(line)
    lines.append(line)
  }

  /// Closes the file.
  public func trainingDidEnd(logs: Logs, _ run: any TrainingRun) throws { file = nil }

  private func begin(_ file: LineFile, with logs: Logs) throws -> [String] {
    var columns = logs.names
    if !columns.contains(where: { $0.hasPrefix("val_") }) {
      columns += columns.map { "val_\($0)" }
    }
    let header = line(["epoch"] + columns)
    if let found = file.firstLine {
      guard found == header else {
        throw FileError(
          file: url.path, place: "line 1", expected: "the columns \(header)", found: found)
      }
    } else {
      try write(header, to: file)
    }
    return columns
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
