import PinionTestSupport

/// Archives of tar, which Pinion reads but does not write.
enum TarSeeds {
  private static let end = [UInt8](repeating: 0, count: 1024)

  private static func entry(
    _ name: String, _ type: Character, _ contents: [UInt8], size: [UInt8]? = nil
  ) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ bytes: [UInt8], at place: Int) {
      header.replaceSubrange(place..<place + bytes.count, with: bytes)
    }
    put(Array(name.utf8), at: 0)
    put(Array("0000644\0".utf8), at: 100)
    put(size ?? Structure.octal(contents.count, digits: 11), at: 124)
    header[156] = type.asciiValue!
    put(Array("ustar\0".utf8), at: 257)
    put(Array("        ".utf8), at: 148)
    put(Structure.octal(header.reduce(0) { $0 + Int($1) }, digits: 6) + [0], at: 148)
    return header + contents + [UInt8](repeating: 0, count: -contents.count & 511)
  }

  /// A folder, files, a long name and records of pax.
  static let archive: [UInt8] = {
    let long = "set/\(String(repeating: "n", count: 120))\0"
    let entries = [
      entry("set/", "5", []), entry("set/a", "0", [1, 2, 3]),
      entry("././@LongLink", "L", Array(long.utf8)), entry("set/cut", "0", [4]),
      entry("pax", "x", Array("14 path=set/b\n10 size=2\n".utf8)), entry("set/x", "0", [5, 6]),
      entry("pax", "g", Array("13 comment=a\n".utf8)),
      entry("set/y", "0", [7, 8], size: [0x80] + Endian.big(2, 11)), entry("set/old/", "0", []),
    ]
    return entries.flatMap(\.self) + end
  }()

  static let refusals: [[UInt8]] = [
    // A size of 2⁵⁶, one in letters, and a file that ends in its contents.
    entry("a", "0", [], size: [0x80, 0, 0, 0, 1] + Endian.big(0, 7)) + end,
    entry("a", "0", [], size: Array("seven".utf8)) + end,
    Array((entry("a", "0", [1, 2]) + end)[..<513]),
    // Extended headers: too many for an entry, one too large, too large together.
    [[UInt8]](repeating: entry("pax", "g", []), count: 10).flatMap(\.self) + end,
    entry("pax", "g", [], size: Structure.octal(1 << 16 + 1, digits: 11)) + end,
    gzip(
      [[UInt8]](
        repeating: [[UInt8]](
          repeating: entry("pax", "g", [UInt8](repeating: 0, count: 1 << 16)), count: 7
        ).flatMap(\.self) + entry("a", "0", []), count: 3
      ).flatMap(\.self) + end, level: 9),
    // Too many folders, and too much padding.
    entry("a/b/c/d/e/f/g/h/i", "0", []) + end,
    gzip([UInt8](repeating: 0, count: 1 << 22 + 1 << 10), level: 9),
    entry("/a", "0", []) + end, entry("../a", "0", []) + end, entry("a", "2", []) + end,
    entry("a", "5", [1]) + end, entry("./", "0", [1]) + end,
    entry("pax", "x", Array("9 size=x\n".utf8)) + end, entry("pax", "x", Array("5 a\n".utf8)) + end,
    // Contents beyond the end that are skipped.
    entry("a", "0", []) + entry("a", "0", []) + entry("a", "0", [])
      + entry("b", "0", [1, 2])[..<513],
  ]
}
