internal import Glibc
internal import PinionTensor

/// Where progress and messages go.
public protocol Console {
  /// The number of columns of a terminal, on which a line can be drawn again; `nil` for files,
  /// pipes and logs.
  var columns: Int? { get }

  /// Shows the text at once.
  func write(_ text: String)
}

extension Console {
  /// Shows a message on a line of its own, below a progress bar that is still being drawn (as Keras 3). Control
  /// characters, which names of metrics and files may hold, are escaped.
  func writeMessage(_ message: String) {
    write((columns == nil ? "" : "\n") + PrintableText.escaped(message) + "\n")
  }
}

/// The program's standard output.
public struct StandardOutput: Console, Sendable {
  /// The standard output.
  public init() {}

  /// The terminal's width as it is now, 80 if the terminal does not say; `nil` if the output is no
  /// terminal that can draw a line again.
  public var columns: Int? {
    Self.columns(of: STDOUT_FILENO, terminal: getenv("TERM").map { String(cString: $0) })
  }

  /// Prints the text, in order with the program's own prints, and flushes.
  public func write(_ text: String) {
    print(text, terminator: "")
    fflush(nil)
  }

  /// The width of what is behind a descriptor, `terminal` being the environment's `TERM`.
  static func columns(of descriptor: Int32, terminal: String?) -> Int? {
    guard isatty(descriptor) == 1, terminal != "dumb" else { return nil }
    var size = winsize()
    let status = ioctl(descriptor, UInt(TIOCGWINSZ), &size)
    return status == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }
}
