/// What XML and HTML share: text that cannot be taken for markup.
enum Markup {
  /// Text with all characters that mean something replaced, fit for content and for quoted attributes.
  ///
  /// Characters that XML 1.0 does not allow at all become U+FFFD, and so do those that turn the direction of what follows them.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\t", "\n", "\r": result.unicodeScalars.append(scalar)
      case "\u{0}"..<" ", "\u{7f}"..<"\u{a0}", "\u{202a}"..."\u{202e}", "\u{2066}"..."\u{2069}",
        "\u{fffe}", "\u{ffff}":
        result.unicodeScalars.append("\u{fffd}")
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

/// As much of a text from outside as a page has room for.
///
/// Names of classes and layers, titles and settings may be of any length. A page repeats a name in tables, drawings and
/// what is read out; cut once to a length, it costs a page no more than that.
enum Excerpt {
  /// Names in tables, lists and titles.
  static let nameLimit = 80
  /// Sentences, values of settings, and what is read out of a picture.
  static let sentenceLimit = 2_000

  /// The text, or its beginning with an ellipsis behind it: `limit` Unicode scalars at most.
  static func of(_ text: String, limit: Int = nameLimit) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return text }
    var kept = String(scalars[..<scalars.index(before: end)])
    while kept.last?.isWhitespace == true { kept.removeLast() }
    return kept + "…"
  }

  /// Whether a title says the names of a network and a data set. Looks at excerpts: a search takes time as the product of the
  /// lengths.
  static func names(_ title: String, _ network: String, _ dataset: String) -> Bool {
    let title = of(title, limit: 200)
    return title.contains(of(network)) && title.contains(of(dataset))
  }
}
