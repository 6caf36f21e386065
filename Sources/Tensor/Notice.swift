internal import Glibc

/// Lines for the person at the terminal about what is allowed but hardly meant.
package enum Notice {
  /// Writes a line to standard error.
  package static func show(_ text: String) {
    var line = "pinion: \(text)\n"
    line.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = write(2, bytes.baseAddress! + written, bytes.count - written)
        // Whoever closed standard error does not want to know.
        guard count > 0 else { return }
        written += count
      }
    }
  }
}
