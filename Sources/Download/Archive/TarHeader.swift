/// A header block of 512 bytes.
///
/// Source: IEEE Std 1003.1-2017, pax, "ustar Interchange Format"; GNU extensions: GNU tar manual,
/// "Basic Tar Format".
struct TarHeader {
  static let size = 512

  private let bytes: [UInt8]

  /// - Throws: ``TarFormatError`` if the checksum is wrong.
  init(_ bytes: [UInt8]) throws(TarFormatError) {
    self.bytes = bytes
    let field = 148..<156
    // The checksum's own field counts as spaces.
    var sum = 0
    for (index, byte) in bytes.enumerated() { sum += field.contains(index) ? 32 : Int(byte) }
    let stored = try number(field, named: "checksum")
    guard stored == sum else {
      throw TarFormatError(expected: "a header with checksum \(stored)", found: "\(sum)")
    }
  }

  /// The type flag. Pre-POSIX archives use NUL for regular files.
  var type: UInt8 { bytes[156] == 0 ? UInt8(ascii: "0") : bytes[156] }

  /// The path, with the prefix field of POSIX archives.
  var path: [UInt8] {
    let name = text(0..<100)
    guard Array(bytes[257..<263]) == Array("ustar\0".utf8) else { return name }
    let prefix = text(345..<500)
    return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
  }

  /// The size of the entry's data in bytes.
  var contentSize: Int {
    get throws(TarFormatError) { try number(124..<136, named: "size") }
  }

  private func text(_ range: Range<Int>) -> [UInt8] { Array(bytes[range].prefix { $0 != 0 }) }

  /// Octal digits padded with spaces or NULs, or GNU's encoding of larger numbers: 0x80 and a
  /// big-endian integer.
  private func number(_ range: Range<Int>, named name: String) throws(TarFormatError) -> Int {
    let field = bytes[range]
    if field.first == 0x80 {
      let value = field.dropFirst()
      guard value.dropLast(7).allSatisfy({ $0 == 0 }) else {
        throw TarFormatError(expected: "a \(name) below 2^56", found: "a larger one")
      }
      return value.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    let isPadding = { (byte: UInt8) in byte == 0 || byte == 32 }
    let digits = field.drop(while: isPadding).prefix { !isPadding($0) }
    let rest = field[digits.endIndex...]
    guard !digits.isEmpty, digits.allSatisfy({ (48...55).contains($0) }),
      rest.allSatisfy(isPadding)
    else {
      throw TarFormatError(expected: "an octal \(name)", found: "an invalid number")
    }
    return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
  }
}

/// Records of a pax extended header: `LENGTH KEY=VALUE\n`, where LENGTH is that of the whole
/// record.
///
/// Source: IEEE Std 1003.1-2017, pax, "pax Extended Header".
struct PaxRecords {
  /// Overrides the path of the next header.
  private(set) var path: [UInt8]?
  /// Overrides the size of the next header.
  private(set) var size: Int?

  init(_ bytes: [UInt8]) throws(TarFormatError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let digits = rest.prefix { (48...57).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)),
        length > digits.count + 2, length <= rest.count, rest[digits.endIndex] == 32,
        rest[rest.startIndex + length - 1] == 10
      else {
        throw TarFormatError(
          expected: "a pax record that starts with its length", found: "an invalid length")
      }
      let record = rest[digits.endIndex + 1..<rest.startIndex + length - 1]
      rest = rest[(rest.startIndex + length)...]
      guard let sign = record.firstIndex(of: UInt8(ascii: "=")) else {
        throw TarFormatError(expected: "KEY=VALUE in a pax record", found: "no \"=\"")
      }
      let value = record[(sign + 1)...]
      switch String(decoding: record[..<sign], as: UTF8.self) {
      case "path": path = Array(value)
      case "size":
        guard let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else {
          throw TarFormatError(expected: "a decimal size in a pax record", found: "an invalid one")
        }
        size = number
      default: break
      }
    }
  }
}

/// A violation of the format, without its position.
struct TarFormatError: Error {
  let expected: String
  let found: String
}
