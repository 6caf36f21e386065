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
