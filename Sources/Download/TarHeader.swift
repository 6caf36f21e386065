/// One header block of 512 bytes.
///
/// Source: IEEE Std 1003.1-2017, pax, "ustar Interchange Format"; for what GNU does otherwise, the GNU
/// tar manual, "Basic Tar Format".
struct TarHeader {
  static let size = 512

  private let bytes: [UInt8]

  /// Throws what is wrong with the block, unless its checksum is right.
  init(_ bytes: [UInt8]) throws(TarFlaw) {
    self.bytes = bytes
    let field = 148..<156
    // The checksum counts its own field as spaces.
    var sum = 0
    for (index, byte) in bytes.enumerated() { sum += field.contains(index) ? 32 : Int(byte) }
    let stored = try number(field, named: "checksum")
    guard stored == sum else {
      throw TarFlaw(expected: "a header whose bytes add up to \(stored)", found: "\(sum)")
    }
  }

  /// The type's letter; old archives have a zero byte for regular files.
  var type: UInt8 { bytes[156] == 0 ? UInt8(ascii: "0") : bytes[156] }

  /// The path in the header itself; the prefix belongs to the POSIX form only.
  var path: [UInt8] {
    let name = text(0..<100)
    guard Array(bytes[257..<263]) == Array("ustar\0".utf8) else { return name }
    let prefix = text(345..<500)
    return prefix.isEmpty ? name : prefix + [UInt8(ascii: "/")] + name
  }

  /// The number of bytes behind the header.
  var contentSize: Int {
    get throws(TarFlaw) { try number(124..<136, named: "size") }
  }

  private func text(_ range: Range<Int>) -> [UInt8] { Array(bytes[range].prefix { $0 != 0 }) }

  /// Octal digits between spaces or zero bytes, or, as GNU does for what these cannot hold, 0x80 and a
  /// big-endian number.
  private func number(_ range: Range<Int>, named name: String) throws(TarFlaw) -> Int {
    let field = bytes[range]
    if field.first == 0x80 {
      let value = field.dropFirst()
      guard value.dropLast(7).allSatisfy({ $0 == 0 }) else {
        throw TarFlaw(expected: "a \(name) below 2^56", found: "a greater one")
      }
      return value.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    let isPadding = { (byte: UInt8) in byte == 0 || byte == 32 }
    let digits = field.drop(while: isPadding).prefix { !isPadding($0) }
    let rest = field[digits.endIndex...]
    guard !digits.isEmpty, digits.allSatisfy({ (48...55).contains($0) }),
      rest.allSatisfy(isPadding)
    else {
      throw TarFlaw(expected: "an octal \(name)", found: "other bytes")
    }
    return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
  }
}
