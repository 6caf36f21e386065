internal import Glibc

/// Text from files, servers and users, as a terminal may show it.
///
/// A terminal obeys control characters: a layer's name or a server's answer with an escape sequence could clear the
/// screen, forge a line or rename the window. Everything that comes from outside passes through here before it is
/// printed, the descriptions of errors included.
package enum PrintableText {
  /// The text with each character that a terminal would obey rather than show in Swift's notation: `\n`, `\u{1B}`.
  ///
  /// Those are the control characters (C0, DEL, C1), the line and paragraph separators, and the characters that change
  /// the direction of what follows them. All others, combining marks and emoji included, stay as they are; escaping
  /// twice is escaping once.
  ///
  /// - Parameter keepsLines: Whether line feeds stay, in a text that has lines of its own. Default: no.
  package static func escaped(_ text: String, keepsLines: Bool = false) -> String {
    guard text.unicodeScalars.contains(where: isObeyed) else { return text }
    var result = ""
    result.reserveCapacity(text.utf8.count + 16)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": result += keepsLines ? "\n" : "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case _ where isObeyed(scalar):
        result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  private static func isObeyed(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1f, 0x7f...0x9f: true
    // The direction's marks, embeddings, overrides and isolates (Unicode Standard Annex 9); separators.
    case 0x061c, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
  }
}

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
