/// A strict one-pass parser of JSON (RFC 8259) that builds no tree.
///
/// Foundation's decoder silently drops one of two members of equal name; this parser reports them.
/// The number of members is limited, which bounds the memory for their names.
package struct JSONScanner {
  /// Largest number of members of all objects of a document.
  static let memberLimit = 250_000
  /// Largest size of a member's name in bytes.
  static let nameLimit = 1 << 16

  /// Strings with escapes are decoded in place.
  private(set) var bytes: [UInt8]
  private let file: String
  private(set) var position = 0
  private(set) var members = 0
  private(set) var skippedValues = 0

  /// The place for errors.
  var place: String

  package init(_ bytes: [UInt8], file: String, place: String) {
    self.bytes = bytes
    self.file = file
    self.place = place
  }

  /// The next byte, or nil at the end.
  package var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// An error that shows the token at a position.
  package func failure(_ expected: String, at start: Int? = nil) -> FileError {
    let start = start ?? position
    let ends = Set(",:]} \t\r\n".utf8)
    let rest = bytes[min(start, bytes.count)...].prefix(24)
    let token = rest.prefix(1) + rest.dropFirst().prefix { !ends.contains($0) }
    let found = token.isEmpty ? "the end" : String(decoding: token, as: UTF8.self).debugDescription
    return FileError(
      file: file, place: place, expected: expected, found: "\(found) at byte \(start)")
  }

  /// Overwrites a byte that was read before.
  mutating func overwrite(_ byte: UInt8, at position: Int) { bytes[position] = byte }

  /// Skips one byte, if there is one.
  mutating func advance() { position = min(position + 1, bytes.count) }

  package mutating func skipWhitespace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  /// Skips white space and then `byte`. Returns whether that was next.
  mutating func skip(_ byte: Unicode.Scalar) -> Bool {
    skipWhitespace()
    guard next == UInt8(ascii: byte) else { return false }
    position += 1
    return true
  }

  mutating func expect(_ byte: Unicode.Scalar, _ expected: String) throws(FileError) {
    if !skip(byte) { throw failure(expected) }
  }

  /// Reads an object with distinct names; `value` reads the value of a name.
  package mutating func object(
    _ value: (inout JSONScanner, String) throws(FileError) -> Void
  ) throws(FileError) {
    try expect("{", "an object")
    if skip("}") { return }
    // By bytes, since Swift compares strings by canonical equivalence.
    var names: Set<[UInt8]> = []
    repeat {
      skipWhitespace()
      let start = position
      try countMember()
      let name = try string("a name in quotes")
      guard name.utf8.count <= Self.nameLimit else {
        throw failure("a name of at most \(Self.nameLimit) bytes", at: start)
      }
      guard names.insert(Array(name.utf8)).inserted else {
        throw failure("a name of its own, not a second \(name.debugDescription)", at: start)
      }
      try expect(":", "\":\"")
      try value(&self, name)
    } while skip(",")
    try expect("}", "\",\" or \"}\"")
  }

  private mutating func countMember() throws(FileError) {
    members += 1
    if members > Self.memberLimit {
      throw failure("at most \(Self.memberLimit) members in the whole document")
    }
  }

  /// Reads an array; `element` reads one element.
  package mutating func array(
    _ element: (inout JSONScanner) throws(FileError) -> Void
  ) throws(FileError) {
    try expect("[", "an array")
    if skip("]") { return }
    repeat { try element(&self) } while skip(",")
    try expect("]", "\",\" or \"]\"")
  }

  /// Reads a number that must be an integer from zero to the largest `Int`.
  mutating func size() throws(FileError) -> Int {
    skipWhitespace()
    let start = position
    var value = 0
    while let byte = next, (0x30...0x39).contains(byte) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(byte & 0x0F))
      if overflow || carry { throw failure("an integer below 2^63", at: start) }
      value = sum
      position += 1
    }
    let hasLeadingZero = position > start + 1 && bytes[start] == UInt8(ascii: "0")
    let goesOn = next.map { ".eE".utf8.contains($0) } ?? false
    guard position > start, !hasLeadingZero, !goesOn else {
      throw failure("an integer, not negative", at: start)
    }
    return value
  }

  /// Skips any value nested up to `depth`.
  mutating func skipValue(depth: Int = 32) throws(FileError) {
    skipWhitespace()
    guard depth > 0 else { throw failure("no deeper nesting") }
    skippedValues += 1
    switch next {
    case UInt8(ascii: "{"):
      advance()
      if skip("}") { return }
      repeat {
        skipWhitespace()
        try countMember()
        try skipString("a name in quotes")
        try expect(":", "\":\"")
        try skipValue(depth: depth - 1)
      } while skip(",")
      try expect("}", "\",\" or \"}\"")
    case UInt8(ascii: "["):
      try array { (scanner) throws(FileError) in try scanner.skipValue(depth: depth - 1) }
    case UInt8(ascii: "\""):
      try skipString("a string")
    default:
      try skipLiteral()
    }
  }

  /// A value that is neither an object, an array nor a string.
  package enum Literal: Sendable {
    case null
    case truth(Bool)
    /// An integer, in any notation.
    case integer(Int)
    case number(Double)
  }

  package mutating func literal() throws(FileError) -> Literal {
    skipWhitespace()
    let start = position
    try skipLiteral()
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    switch text {
    case "null": return .null
    case "true", "false": return .truth(text == "true")
    default: break
    }
    if let integer = Int(text) { return .integer(integer) }
    guard let number = Double(text), number.isFinite else {
      throw failure("a number in double precision", at: start)
    }
    return Int(exactly: number).map { .integer($0) } ?? .number(number)
  }

  private mutating func skipLiteral() throws(FileError) {
    let start = position
    for word in ["true", "false", "null"] where bytes[start...].starts(with: word.utf8) {
      position += word.utf8.count
      return
    }
    // A number, by RFC 8259, section 6.
    if next == UInt8(ascii: "-") { advance() }
    var isNumber = next == UInt8(ascii: "0")
    if isNumber { advance() } else { isNumber = skipDigits() }
    if isNumber, next == UInt8(ascii: ".") {
      advance()
      isNumber = skipDigits()
    }
    if isNumber, next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      advance()
      if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { advance() }
      isNumber = skipDigits()
    }
    if !isNumber { throw failure("a value", at: start) }
  }

  private mutating func skipDigits() -> Bool {
    let start = position
    while let byte = next, (0x30...0x39).contains(byte) { advance() }
    return position > start
  }
}
