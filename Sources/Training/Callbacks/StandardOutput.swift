internal import Glibc

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
