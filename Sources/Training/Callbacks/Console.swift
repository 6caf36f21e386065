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
