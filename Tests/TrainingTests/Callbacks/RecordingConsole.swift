import Pinion

/// A console that keeps what is written.
final class RecordingConsole: Console {
  var columns: Int?
  private(set) var writes: [String] = []

  init(columns: Int? = nil) { self.columns = columns }

  func write(_ text: String) { writes.append(text) }

  /// All that was written.
  var text: String { writes.joined() }
}
