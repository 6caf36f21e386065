/// The records of a pax header, each `LENGTH KEY=VALUE\n`, the length being that of the whole record.
///
/// Source: IEEE Std 1003.1-2017, pax, "pax Extended Header".
struct PaxRecords {
  /// The path that overrides the next header's.
  private(set) var path: [UInt8]?
  /// The size that overrides the next header's.
  private(set) var size: Int?

  init(_ bytes: [UInt8]) throws(TarFlaw) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let digits = rest.prefix { (48...57).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)),
        length > digits.count + 2, length <= rest.count, rest[digits.endIndex] == 32,
        rest[rest.startIndex + length - 1] == 10
      else {
        throw TarFlaw(expected: "a pax record with its length", found: "other bytes")
      }
      let record = rest[digits.endIndex + 1..<rest.startIndex + length - 1]
      rest = rest[(rest.startIndex + length)...]
      guard let sign = record.firstIndex(of: UInt8(ascii: "=")) else {
        throw TarFlaw(expected: "KEY=VALUE in a pax record", found: "no \"=\"")
      }
      let value = record[(sign + 1)...]
      switch String(decoding: record[..<sign], as: UTF8.self) {
      case "path": path = Array(value)
      case "size":
        guard let number = Int(String(decoding: value, as: UTF8.self)), number >= 0 else {
          throw TarFlaw(expected: "a size in decimal digits in a pax record", found: "another")
        }
        size = number
      default: break
      }
    }
  }
}
