internal import Glibc
internal import PinionData
internal import PinionTensor

/// An output for progress and messages.
package protocol Console {
  /// The width of a terminal on which a line can be redrawn; nil for files, pipes and logs.
  var columns: Int? { get }

  /// Writes a text and flushes it.
  func write(_ text: String)
}

extension Console {
  /// Writes a message on a line of its own, below a progress bar that is still open, as Keras 3
  /// does. Control characters, which names of metrics and files may hold, are escaped.
  func writeMessage(_ message: String) {
    write((columns == nil ? "" : "\n") + PrintableText.escaped(message) + "\n")
  }
}

/// The standard output of the program, or the handler of ``withLogHandler(_:_:)``.
package struct StandardOutput: Console, Sendable {
  package init() {}

  /// The current width of the terminal, 80 if it does not report one; nil if the output is not a
  /// terminal that can redraw a line.
  package var columns: Int? {
    guard Log.handler == nil else { return nil }
    return unsafe Self.columns(
      of: STDOUT_FILENO, terminal: getenv("TERM").map { unsafe String(cString: $0) })
  }

  /// Prints through Swift's `print`, so that the order with the program's own prints is kept.
  package func write(_ text: String) {
    guard !Log.handle(lines: text) else { return }
    print(text, terminator: "")
    fflush(nil)
  }

  /// The width of a descriptor's terminal; `terminal` is the environment's `TERM`.
  package static func columns(of descriptor: Int32, terminal: String?) -> Int? {
    guard isatty(descriptor) == 1, terminal != "dumb" else { return nil }
    var size = winsize()
    let status = unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size)
    return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}

/// Collects what is written, and hands each complete line to a closure.
final class ClosureConsole: Console {
  private let log: (String) -> Void
  private var line = ""

  init(_ log: @escaping (String) -> Void) { self.log = log }

  var columns: Int? { nil }

  func write(_ text: String) {
    line += text
    while let end = line.firstIndex(of: "\n") {
      log(String(line[..<end]))
      line = String(line[line.index(after: end)...])
    }
  }
}
