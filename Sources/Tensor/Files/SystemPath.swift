package import FoundationEssentials
internal import Glibc

/// A path as the system has it: bytes, in any encoding or none. Swift's strings hold UTF-8 alone.
package struct SystemPath: Sendable, Hashable, CustomStringConvertible {
  /// Without the zero at its end, and without one inside.
  package let bytes: [UInt8]

  /// The path of a file URL, in which any byte can be written as `%E9`.
  package init(_ url: URL) throws(FileError) {
    guard url.isFileURL else {
      throw FileError(
        file: url.absoluteString, place: "URL", expected: "a file URL",
        found: "the scheme \(url.scheme.debugDescription)")
    }
    bytes = Self.decoded(url.path(percentEncoded: true))
    guard !bytes.isEmpty, !bytes.contains(0) else {
      throw FileError(
        file: url.absoluteString, place: "URL", expected: "a path without zero bytes",
        found: "\(self)".debugDescription)
    }
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// What lies in a folder, by its name.
  package func appending(_ name: [UInt8]) -> SystemPath {
    let slash = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    return SystemPath(bytes: bytes + slash + name)
  }

  /// The path as text; a byte that is not UTF-8 as `\xE9`.
  package var description: String { Self.text(bytes) }

  /// Bytes as text; those that are not UTF-8 as `\xE9`.
  package static func text(_ bytes: [UInt8]) -> String {
    var text = ""
    var rest = bytes[...]
    while let invalid = String.firstInvalid(rest) {
      text += String(decoding: rest[..<invalid], as: UTF8.self)
      text += "\\x" + (rest[invalid] < 16 ? "0" : "")
      text += String(rest[invalid], radix: 16, uppercase: true)
      rest = rest[(invalid + 1)...]
    }
    return text + String(decoding: rest, as: UTF8.self)
  }

  /// Lends the path to a system call.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    (bytes + [0]).withUnsafeBufferPointer { buffer in
      buffer.withMemoryRebound(to: CChar.self) { characters in
        guard let base = characters.baseAddress else { return "".withCString(body) }
        return body(base)
      }
    }
  }

  /// The names in a folder but `.` and `..`, in the order of their bytes.
  package func contents() throws(SystemError) -> [[UInt8]] {
    guard let directory = withCString({ opendir($0) }) else { throw .last }
    defer { closedir(directory) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else {
        if errno != 0 { throw .last }
        break
      }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name != Array(".".utf8), name != Array("..".utf8) { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }
  }

  private static func decoded(_ text: String) -> [UInt8] {
    var decoded: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
        decoded.append(value)
        rest = rest.dropFirst(2)
      } else {
        decoded.append(byte)
      }
    }
    return decoded
  }
}

extension String {
  /// The place of the first byte that is not UTF-8, nil if all are.
  fileprivate static func firstInvalid(_ bytes: ArraySlice<UInt8>) -> Int? {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    var valid = bytes.startIndex
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar): valid += UTF8.width(scalar)
      case .emptyInput: return nil
      case .error: return valid
      }
    }
  }
}

extension URL {
  /// The path to give to the system, of names in UTF-8; ``SystemPath`` takes others.
  package var systemPath: String {
    get throws(FileError) {
      let path = try SystemPath(self)
      guard let text = String(validating: path.bytes, as: UTF8.self) else {
        throw FileError(
          file: "\(path)", place: "the path", expected: "names in UTF-8", found: "other bytes")
      }
      return text
    }
  }
}
