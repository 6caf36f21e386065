package import FoundationEssentials

/// Limits of JSON documents from files, checked before Foundation's decoder, which recurses with
/// the nesting and keeps a record of every value.
package enum JSONDocument {
  /// Largest nesting depth. A graph's configuration reaches 8, and 2 more for each nested function.
  package static let depthLimit = 64
  package static let byteLimit = 1 << 25
  /// Enough for 40,000 layers, or for 200,000 epochs of five values.
  package static let valueLimit = 1_000_000
  /// Largest number of members of all objects: those of 5,500 convolutions, and one more for every
  /// 200 bytes. Foundation's decoder makes a dictionary of each object, about 375 bytes for a
  /// member, so that memory stays within twice the document's size and 64 MiB.
  package static func memberLimit(bytes: Int) -> Int { 166_000 + bytes / 200 }

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
    guard scanner.next == nil else { throw scanner.failure("nothing after the JSON") }
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
  /// The place in a document, such as `layers[2].layer`, and the problem, on one line each.
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
