internal import FoundationEssentials

/// Links between files that may move together.
enum RelativeLink {
  /// The file's address as seen from a page in a folder, such as `cnn/index.html` or `../cnn/index.html`.
  static func text(from folder: URL, to file: URL) -> String {
    let base = folder.absoluteURL.standardizedFileURL.pathComponents
    let target = file.absoluteURL.standardizedFileURL.pathComponents
    let common = zip(base, target).prefix { $0 == $1 }.count
    let steps = Array(repeating: "..", count: base.count - common) + target.dropFirst(common)
    return steps.map(escaped).joined(separator: "/")
  }

  /// All but the unreserved characters of RFC 3986 as percent signs and hexadecimal digits.
  private static func escaped(_ name: String) -> String {
    name.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        String(UnicodeScalar(byte))
      default: "%" + String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
      }
    }.joined()
  }
}
