extension JSONScanner {
  /// Reads a string in quotes: UTF-8, control characters only as escapes, surrogates only in pairs.
  package mutating func string(_ expected: String) throws(FileError) -> String {
    try expect("\"", expected)
    let start = position
    // Decoded in place: an escape is longer than its character.
    var end = start
    while let byte = next, byte != UInt8(ascii: "\"") {
      if byte < 0x20 { throw failure("control characters only as escapes") }
      advance()
      if byte == UInt8(ascii: "\\") {
        let scalar = try escape()
        for unit in String(scalar).utf8 {
          overwrite(unit, at: end)
          end += 1
        }
      } else {
        if end + 1 < position { overwrite(byte, at: end) }
        end += 1
      }
    }
    try expect("\"", "a closing quote")
    guard let string = String(validating: bytes[start..<end], as: UTF8.self) else {
      throw failure("UTF-8", at: start)
    }
    return string
  }

  /// Skips a string in quotes without checking its UTF-8.
  mutating func skipString(_ expected: String) throws(FileError) {
    try expect("\"", expected)
    while let byte = next, byte != UInt8(ascii: "\"") {
      if byte < 0x20 { throw failure("control characters only as escapes") }
      advance()
      if byte == UInt8(ascii: "\\") { _ = try escape() }
    }
    try expect("\"", "a closing quote")
  }

  /// Reads an escape after its backslash.
  private mutating func escape() throws(FileError) -> Unicode.Scalar {
    let start = position
    let letter = next
    advance()
    switch letter {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"):
      let unit = try codeUnit()
      if let scalar = Unicode.Scalar(unit) { return scalar }
      guard UTF16.isLeadSurrogate(unit), next == UInt8(ascii: "\\") else { break }
      advance()
      guard next == UInt8(ascii: "u") else { break }
      advance()
      let trail = try codeUnit()
      guard UTF16.isTrailSurrogate(trail) else { break }
      return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
    default: break
    }
    throw failure("an escape", at: start)
  }

  private mutating func codeUnit() throws(FileError) -> UInt16 {
    var unit: UInt16 = 0
    for _ in 0..<4 {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw failure("four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
      advance()
    }
    return unit
  }
}
