extension DecodingError {
  /// Where in a document, and what was expected and found there, in words.
  package var words: (place: String, expected: String, found: String) {
    func place(_ context: Context, _ last: (any CodingKey)? = nil) -> String {
      let path = context.codingPath + (last.map { [$0] } ?? [])
      guard !path.isEmpty else { return "the document" }
      return path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }
        .joined(separator: ".")
    }
    switch self {
    case .typeMismatch(let type, let context):
      return (place(context), "\(type)", "another kind of value")
    case .valueNotFound(let type, let context):
      return (place(context), "\(type)", "nothing")
    case .keyNotFound(let key, let context):
      return (place(context, key), "a value", "nothing")
    case .dataCorrupted(let context):
      return (place(context), "valid data", context.debugDescription)
    @unknown default:
      return ("the document", "valid data", "\(self)")
    }
  }
}
