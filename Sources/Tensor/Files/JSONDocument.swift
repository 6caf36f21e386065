package import FoundationEssentials

/// What a JSON document from a file may be before Foundation's reader sees it, which recurses with the nesting and
/// keeps a record of every value.
package enum JSONDocument {
  /// The deepest nesting. A graph's configuration reaches 8, and 2 more for each function within a function.
  package static let depthLimit = 64
  /// The most bytes.
  package static let byteLimit = 1 << 25
  /// The most values: those of 40,000 layers, or of 200,000 epochs with five each.
  package static let valueLimit = 1_000_000
  /// The most members of all objects: those of 5,000 convolutions, and one more for every 200 bytes. Foundation's reader makes
  /// a dictionary of each object, some 375 bytes a member, within twice the document's size and 64 MiB.
  package static func memberLimit(bytes: Int) -> Int { 150_000 + bytes / 200 }

  /// Throws ``FileError`` unless the bytes are one JSON value within the limits.
  package static func check(_ data: Data, file: String, place: String) throws(FileError) {
    guard data.count <= byteLimit else {
      throw FileError(
        file: file, place: place, expected: "at most \(byteLimit) bytes of JSON",
        found: "\(data.count)")
    }
    var scanner = JSONScanner([UInt8](data), file: file, place: place)
    try scanner.skipValue(depth: depthLimit)
    scanner.skipWhitespace()
    guard scanner.next == nil else { throw scanner.failure("nothing behind the JSON") }
    let memberLimit = memberLimit(bytes: data.count)
    guard scanner.members <= memberLimit else {
      throw FileError(
        file: file, place: place, expected: "at most \(memberLimit) members",
        found: "\(scanner.members)")
    }
    guard scanner.skippedValues <= valueLimit else {
      throw FileError(
        file: file, place: place, expected: "at most \(valueLimit) values",
        found: "\(scanner.skippedValues)")
    }
  }
}

extension DecodingError {
  /// Where in a document something is wrong, such as `layers[2].layer`, and what: one line each, without the dump
  /// that the error's own description is.
  package var inWords: (place: String, problem: String) {
    func place(_ path: [any CodingKey]) -> String {
      path.reduce("") { text, key in
        if let index = key.intValue { return text + "[\(index)]" }
        return text + (text.isEmpty ? "" : ".") + key.stringValue
      }
    }
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      return (place(context.codingPath), context.debugDescription)
    case .keyNotFound(let key, let context):
      return (place(context.codingPath + [key]), "nothing")
    @unknown default: return ("", "\(self)")
    }
  }
}
