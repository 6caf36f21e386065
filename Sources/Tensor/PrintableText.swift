internal import Glibc

/// Escapes text from files, servers and users for terminals.
///
/// An escape sequence in a layer's name or a server's response could clear the screen or forge a
/// line. All external text is escaped before it is printed, in descriptions of errors too.
package enum PrintableText {
  /// The text with control characters in Swift's notation, such as `\n` and `\u{1B}`.
  ///
  /// Control characters are C0, DEL, C1, the line and paragraph separators, and those that change
  /// the writing direction. All others are unchanged. Idempotent.
  ///
  /// - Parameter keepsLines: Whether line feeds are kept. Default: false.
  package static func escaped(_ text: String, keepsLines: Bool = false) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count + 16)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += keepsLines ? "\n" : "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isControl(scalar):
        result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1f, 0x7f...0x9f: true
    // Directional marks, embeddings, overrides and isolates (Unicode Standard Annex 9); separators.
    case 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}

/// Warnings about input that is valid but probably unintended.
package enum Notice {
  /// Writes a line to standard error, control characters escaped.
  package static func show(_ text: String) {
    var line = "pinion: \(PrintableText.escaped(text))\n"
    line.withUTF8 { bytes in
      var written = 0
      while written < bytes.count {
        let count = unsafe write(2, bytes.baseAddress! + written, bytes.count - written)
        // Standard error is closed.
        guard count > 0 else { return }
        written += count
      }
    }
  }
}
