internal import PinionTensor

/// Escaping for XML and HTML.
package enum Markup {
  /// Escapes text for element content and quoted attributes.
  ///
  /// Characters that XML 1.0 does not allow, and those that change the direction of text, become
  /// U+FFFD.
  package static func escaped(_ text: String) -> String {
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

/// Truncation of text of any length, such as class names, layer names, titles and settings, which a
/// page may repeat many times.
package enum Excerpt {
  /// In Unicode scalars: names in tables, lists and titles.
  package static let nameLimit = 80
  /// In Unicode scalars: sentences, values of settings and text alternatives.
  package static let sentenceLimit = 2_000

  /// The text, truncated with an ellipsis to at most `limit` Unicode scalars.
  package static func of(_ text: String, limit: Int = nameLimit) -> String {
    let scalars = text.unicodeScalars
    guard let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex),
      end < scalars.endIndex
    else { return text }
    var kept = String(scalars[..<scalars.index(before: end)])
    while kept.last?.isWhitespace == true { kept.removeLast() }
    return kept + "…"
  }

  /// Whether a title contains the names of the network and the data set. Compares excerpts, because
  /// a search takes time proportional to the product of the lengths.
  package static func mentions(_ title: String, _ network: String, _ dataset: String) -> Bool {
    let title = of(title, limit: 200)
    return title.contains(of(network)) && title.contains(of(dataset))
  }
}

extension [String] {
  /// The texts, with ` [1]`, ` [2]`, … appended to equal ones.
  package var numberedWhereEqual: [String] {
    var counts: [String: Int] = [:]
    for text in self { counts[text, default: 0] += 1 }
    var seen: [String: Int] = [:]
    return map { text in
      guard counts[text, default: 0] > 1 else { return text }
      seen[text, default: 0] += 1
      return "\(text) [\(seen[text, default: 0])]"
    }
  }
}

/// Numbers formatted for charts, tables and sentences.
package enum NumberFormat {
  /// `count` significant digits, as C's `%.*g`, without an exponent where the result is short.
  package static func significant(_ value: Double, _ count: Int) -> String {
    NumberText.print("%.*g", value, precision: count)
  }

  /// A fixed number of decimals; 4 significant digits from 1,000,000 on: `0.2415`, `1e+300`.
  package static func decimal(_ value: Double, _ decimals: Int = 4) -> String {
    value.magnitude < 1e6 ? NumberText.fixed(value, decimals: decimals) : significant(value, 4)
  }

  /// A whole number in full below 1e15; 4 significant digits from there on.
  package static func integer(_ value: Double) -> String {
    value.magnitude < 1e15 ? "\(Int(value.rounded()))" : significant(value, 4)
  }

  /// The one-based number of a zero-based epoch.
  package static func epoch(_ index: Int) -> String {
    index < .max ? "\(index + 1)" : integer(Double(index))
  }

  /// A fraction as a percentage, such as `11.2 %`; `–` if it is not finite.
  package static func percent(_ fraction: Double, decimals: Int = 1) -> String {
    guard fraction.isFinite else { return "–" }
    return decimal(fraction * 100, decimals) + " %"
  }

  /// The text with no-break spaces before its percent signs.
  package static func withNoBreakPercent(_ text: String) -> String {
    text.split(separator: " %", omittingEmptySubsequences: false).joined(separator: "\u{a0}%")
  }
}
