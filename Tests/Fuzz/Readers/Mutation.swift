/// The parts of a file that can change alone, and how to put them together.
package struct Split {
  package struct Part {
    package var bytes: [UInt8]
    /// The structure of the part itself.
    package var inner: Structure?

    init(_ bytes: some Sequence<UInt8>, _ inner: Structure? = nil) {
      self.bytes = Array(bytes)
      self.inner = inner
    }
  }

  package var parts: [Part]
  /// Whether parts may be removed, repeated and exchanged.
  package var isList = false
  /// A file of the parts, with the lengths and checksums that belong to them.
  package var join: ([[UInt8]]) -> [UInt8]
}

/// Takes files of a format apart.
package struct Structure: Sendable {
  /// Nil if the bytes are not of the format.
  package let split: @Sendable ([UInt8]) -> Split?
}

/// Changes of files.
struct Mutation {
  let tokens: [[UInt8]]
  let mutate: ([UInt8]) -> [UInt8]

  /// The limits of integers of 8 to 64 bits, in both byte orders, and of floats.
  private static let limits: [[UInt8]] = {
    let numbers: [UInt64] = [
      0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF,
      0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF, 0x7F80_0000,
      0x7FC0_0000, 0x7FF0_0000_0000_0000,
    ]
    var limits: [[UInt8]] = []
    for number in numbers {
      for width in [1, 2, 4, 8] where width == 8 || number < 1 << (8 * UInt64(width)) {
        let bytes = (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
        limits += [bytes, bytes.reversed()]
      }
    }
    return limits
  }()

  /// Numbers in texts.
  private static let numbers: [[UInt8]] = [
    "0", "1", "-1", "2147483647", "2147483648", "4294967295", "4294967296", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616",
    "1e308", "1e309", "-1e309", "1e-320", "0.5", "1.0", "00", "1e3", "NaN", "Infinity", "null",
    "99999999999999999999999999999999",
  ].map { Array($0.utf8) }

  func apply(
    to bytes: [UInt8], _ structure: Structure?, by generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    guard let structure, Int.random(in: 0..<12, using: &generator) > 0,
      let split = structure.split(bytes), !split.parts.isEmpty
    else { return leaf(bytes, by: &generator) }
    let index = Int.random(in: split.parts.indices, using: &generator)
    var parts = split.parts.map(\.bytes)
    if split.isList, Int.random(in: 0..<8, using: &generator) == 0 {
      let other = Int.random(in: parts.indices, using: &generator)
      switch Int.random(in: 0..<3, using: &generator) {
      case 0: parts.remove(at: index)
      case 1: parts.insert(parts[index], at: other)
      default: parts.swapAt(index, other)
      }
      return split.join(parts)
    }
    parts[index] = apply(to: parts[index], split.parts[index].inner, by: &generator)
    return split.join(parts)
  }

  private func leaf(
    _ bytes: [UInt8], by generator: inout some RandomNumberGenerator
  ) -> [UInt8] {
    var bytes = bytes
    let place = Int.random(in: 0...bytes.count, using: &generator)
    switch Int.random(in: 0..<10, using: &generator) {
    case 0:
      let limit = Self.limits.randomElement(using: &generator)!
      bytes.replaceSubrange(place..<min(bytes.count, place + limit.count), with: limit)
    case 1:
      let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
      guard let start = bytes[place...].firstIndex(where: digits.contains) else {
        return mutate(bytes)
      }
      let end = bytes[start...].firstIndex { !digits.contains($0) } ?? bytes.count
      bytes.replaceSubrange(start..<end, with: Self.numbers.randomElement(using: &generator)!)
    case 2 where !tokens.isEmpty:
      let token = tokens.randomElement(using: &generator)!
      let replaced = Bool.random(using: &generator) ? token.count : 0
      bytes.replaceSubrange(place..<min(bytes.count, place + replaced), with: token)
    default: return mutate(bytes)
    }
    return bytes
  }
}
