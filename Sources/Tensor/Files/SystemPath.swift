public import FoundationEssentials
internal import Glibc

/// A path as bytes of any encoding. Swift's strings hold only UTF-8.
package struct SystemPath: Sendable, Hashable, CustomStringConvertible {
  /// Without zeros.
  package let bytes: [UInt8]

  /// The path of a file URL, which may contain any byte as `%E9`.
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

  package func appending(_ name: [UInt8]) -> SystemPath {
    let slash = bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    return SystemPath(bytes: bytes + slash + name)
  }

  /// Bytes that are not UTF-8 as `\xE9`.
  package var description: String { Self.text(bytes) }

  /// Text of bytes; those that are not UTF-8 as `\xE9`.
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

  /// The path of a URL for messages, with bytes that are not UTF-8 as `\xE9` and without a slash at
  /// its end.
  package static func text(_ url: URL) -> String {
    guard let text = (try? SystemPath(url)).map({ "\($0)" }) else { return url.path }
    return text.count > 1 && text.hasSuffix("/") ? String(text.dropLast()) : text
  }

  /// The URL of a folder, from the bytes of its absolute path.
  package static func url(ofFolder path: some Sequence<UInt8>) -> URL? {
    let characters = path.map { byte -> String in
      let character = Character(UnicodeScalar(byte))
      let isPlain = character.isASCII && (character.isLetter || character.isNumber)
      if isPlain || byte == UInt8(ascii: "/") { return String(character) }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    let text = characters.joined()
    return URL(string: "file://" + text + (text.hasSuffix("/") ? "" : "/"))
  }

  package func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    unsafe (bytes + [0]).withUnsafeBufferPointer { buffer in
      unsafe buffer.withMemoryRebound(to: CChar.self) { characters in
        guard let base = characters.baseAddress else { return unsafe "".withCString(body) }
        return unsafe body(base)
      }
    }
  }

  /// The names in a folder except `.` and `..`, sorted by bytes.
  package func contents() throws(SystemError) -> [[UInt8]] {
    guard let directory = unsafe withCString({ unsafe opendir($0) }) else { throw .last }
    defer { unsafe closedir(directory) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = unsafe readdir(directory) else {
        if errno != 0 { throw .last }
        break
      }
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe Array($0.prefix { $0 != 0 })
      }
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
  /// The index of the first byte that is not UTF-8; nil if there is none.
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
  /// The path for system calls. Throws unless it is UTF-8; ``SystemPath`` accepts other bytes.
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

/// Folders in the file system.
package enum Folder {
  /// Creates a folder and its missing parents.
  package static func make(_ path: String) throws(FileError) {
    if unsafe mkdir(path, 0o777) == 0 { return }
    let reason = errno
    let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    if reason == ENOENT, !parent.isEmpty {
      try make(parent)
      if unsafe mkdir(path, 0o777) == 0 { return }
    }
    var status = stat()
    if unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
    throw unsafe FileError(
      file: path, place: "making the folder", expected: "a folder to save in",
      found: String(cString: strerror(reason)))
  }

  package static func exists(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Throws unless the folder is writable or ``make(_:)`` could create it. Creates nothing.
  package static func checkMakeable(_ path: String) throws(FileError) {
    var folder = path
    var status = stat()
    while unsafe stat(folder, &status) != 0, errno == ENOENT, folder != "/" {
      guard let slash = folder.lastIndex(of: "/") else {
        folder = "."
        break
      }
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
    }
    guard exists(folder) else {
      throw FileError(
        file: path, place: "making the folder", expected: "a folder to save in",
        found: "\(folder), which is none")
    }
    try AtomicFile.Destination(directory: folder).probe()
  }
}

/// The location of a file: a `URL`, or a path as a `String`.
///
/// Functions that read or write files take `some FileLocation`, so that both are accepted.
public protocol FileLocation: Sendable {
  var fileURL: URL { get }
  var filePath: String { get }
}

extension URL: FileLocation {
  public var fileURL: URL { self }
  public var filePath: String { path }
}

/// A path that does not start with a slash is relative to the working directory.
extension String: FileLocation {
  public var fileURL: URL { URL(filePath: self) }
  public var filePath: String { self }
}
