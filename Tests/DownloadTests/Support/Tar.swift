/// An entry of a tar archive, valid or invalid.
struct Tar: Sendable, CustomStringConvertible {
  var name: String
  var type: Character = "0"
  var contents: [UInt8] = []
  /// The size in the header. Default: that of the contents.
  var size: String?
  var link = ""
  var prefix = ""
  var magic = "ustar\0" + "00"
  var sumIsWrong = false

  var description: String { "\(type) \(prefix)\(name.prefix(40)) \(size ?? "")" }

  static func file(_ name: String, _ contents: [UInt8] = [1, 2, 3]) -> Tar {
    Tar(name: name, contents: contents)
  }

  static func directory(_ name: String) -> Tar { Tar(name: name, type: "5") }

  /// Header, contents and padding.
  var bytes: [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int) {
      for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
    }
    func octal(_ value: Int, _ digits: Int) -> String {
      let text = String(value, radix: 8)
      return String(repeating: "0", count: digits - text.count) + text
    }
    put(String(name.prefix(100)), at: 0)
    put("0000644\0" + "0000000\0" + "0000000\0", at: 100)
    put(size ?? octal(contents.count, 11), at: 124)
    put("00000000000\0", at: 136)
    put("        ", at: 148)
    header[156] = type == "\0" ? 0 : type.asciiValue!
    put(link, at: 157)
    put(magic, at: 257)
    put(prefix, at: 345)
    let sum = header.reduce(sumIsWrong ? 1 : 0) { $0 + Int($1) }
    put(octal(sum, 6) + "\0 ", at: 148)
    return header + contents + [UInt8](repeating: 0, count: -contents.count & 511)
  }

  /// The entries followed by the end marker of two zero blocks.
  static func archive(_ entries: [Tar]) -> [UInt8] {
    entries.flatMap(\.bytes) + [UInt8](repeating: 0, count: 1024)
  }

  /// A pax record, whose length includes itself.
  static func record(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count + 1
    while "\(length)".count + rest.utf8.count != length { length += 1 }
    return Array("\(length)\(rest)".utf8)
  }
}
