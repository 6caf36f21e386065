internal import PinionData
internal import PinionTensor

/// The entries of a tar archive in order, gzip or plain, without ever holding more of it than a block.
///
/// Reads ustar, GNU's long names and pax's paths and sizes; regular files and directories. Links,
/// devices and everything else are refused, and so are paths that are absolute or climb with `..`.
///
/// Not libarchive, on purpose: two published archives of a dozen regular files need a few hundred lines of Swift, which
/// cannot write outside an array, while libarchive offers what comes over a network a dozen archive formats and as many
/// compressions in C, of which all but one pair have to be switched off, and brings each user of the product one more
/// library.
final class TarReader {
  /// The longest path, as in Linux.
  private static let pathLimit = 4096
  /// The longest extended header.
  private static let extensionLimit = 1 << 16
  /// The bytes of all extended headers, and their number before an entry: packed, a thousand take no more room than one.
  private static let extensionTotal = 1 << 20
  private static let extensionCount = 8
  /// The deepest path.
  private static let depthLimit = 32
  /// The zeros behind the end: some records of the longest that tapes have.
  private static let paddingLimit = 1 << 22

  private let reader: GzipReader
  /// The bytes of the current entry that have not been read, and the zeros behind them up to a whole block.
  private var remaining = 0
  private var padding = 0
  private(set) var place = "entry 1"
  private var count = 0
  private var extensionBytes = 0

  init(_ reader: GzipReader) { self.reader = reader }

  /// The path of the archive.
  var file: String { reader.path }

  /// The next entry; nil at the end.
  ///
  /// Throws `FileError` if there is something else, or the archive ends without saying so.
  func next() throws(FileError) -> TarEntry? {
    count += 1
    place = "entry \(count)"
    try skip()
    var longPath: [UInt8]?
    var records: PaxRecords?
    for _ in 0...Self.extensionCount {
      guard let header = try readHeader() else {
        try finish()
        return nil
      }
      let size = try flawless { () throws(TarFlaw) in try header.contentSize }
      switch header.type {
      case UInt8(ascii: "L"):
        longPath = try readExtension(size).prefix { $0 != 0 }.map(\.self)
      case UInt8(ascii: "x"):
        let bytes = try readExtension(size)
        records = try flawless { () throws(TarFlaw) in try PaxRecords(bytes) }
      case UInt8(ascii: "g"):
        _ = try readExtension(size)
      default:
        return try entry(
          header, path: records?.path ?? longPath ?? header.path, size: records?.size ?? size)
      }
    }
    throw failure(
      expected: "at most \(Self.extensionCount) extended headers before an entry", found: "more")
  }

  /// Fills `destination` with bytes of the current entry; returns how many, 0 at its end.
  func read(into destination: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let count = min(remaining, destination.count)
    guard count > 0 else { return 0 }
    let memory = UnsafeMutableRawBufferPointer(rebasing: destination[..<count])
    guard try reader.read(into: memory) == count else {
      throw failure(expected: "\(remaining) more bytes", found: "the end of the archive")
    }
    remaining -= count
    return count
  }

  /// An error at the current entry.
  func failure(expected: String, found: String) -> FileError {
    FileError(file: file, place: place, expected: expected, found: found)
  }

  private func entry(
    _ header: TarHeader, path bytes: [UInt8], size: Int
  ) throws(FileError) -> TarEntry {
    guard bytes.count <= Self.pathLimit, let text = String(validating: bytes, as: UTF8.self) else {
      throw failure(
        expected: "a path of at most \(Self.pathLimit) bytes in UTF-8", found: "another")
    }
    place = "entry \(count), \(text.debugDescription)"
    let path = try components(text)
    switch header.type {
    case UInt8(ascii: "5"):
      guard size == 0 else {
        throw failure(expected: "a directory without contents", found: "\(size) bytes")
      }
      return TarEntry(kind: .directory, path: path, size: 0)
    case UInt8(ascii: "0"):
      // Before POSIX, a slash at the end was all that told a directory.
      if text.hasSuffix("/"), size == 0 { return TarEntry(kind: .directory, path: path, size: 0) }
      guard !path.isEmpty, !text.hasSuffix("/") else {
        throw failure(expected: "a file's name", found: "none")
      }
      (remaining, padding) = (size, -size & (TarHeader.size - 1))
      return TarEntry(kind: .file, path: path, size: size)
    case let type:
      let kinds: [UInt8: String] = [
        49: "a hard link", 50: "a symbolic link", 51: "a character device", 52: "a block device",
        54: "a named pipe",
      ]
      throw failure(
        expected: "a regular file or a directory",
        found: kinds[type] ?? "the type \(Character(Unicode.Scalar(type)).debugDescription)")
    }
  }

  private func components(_ text: String) throws(FileError) -> [String] {
    guard !text.hasPrefix("/"), !text.utf8.contains(0) else {
      throw failure(expected: "a relative path", found: "an absolute one, or a zero byte in it")
    }
    let components = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
      .filter { $0 != "." }
    guard components.count <= Self.depthLimit else {
      throw failure(
        expected: "a path of at most \(Self.depthLimit) names", found: "\(components.count)")
    }
    guard !components.contains(".."), components.allSatisfy({ $0.utf8.count <= 255 }) else {
      throw failure(
        expected: "a path inside the archive, of names of at most 255 bytes",
        found: components.contains("..") ? "\"..\"" : "a longer name")
    }
    return components
  }

  /// The next header; nil if a block of zeros says that there is none.
  private func readHeader() throws(FileError) -> TarHeader? {
    let block = try readBytes(TarHeader.size)
    guard block.contains(where: { $0 != 0 }) else { return nil }
    return try flawless { () throws(TarFlaw) in try TarHeader(block) }
  }

  private func readExtension(_ size: Int) throws(FileError) -> [UInt8] {
    guard size <= Self.extensionLimit else {
      throw failure(
        expected: "an extended header of at most \(Self.extensionLimit) bytes", found: "\(size)")
    }
    extensionBytes += size
    guard extensionBytes <= Self.extensionTotal else {
      throw failure(
        expected: "extended headers of at most \(Self.extensionTotal) bytes together", found: "more"
      )
    }
    let bytes = try readBytes(size)
    _ = try readBytes(-size & (TarHeader.size - 1))
    return bytes
  }

  private func skip() throws(FileError) {
    while remaining > 0 {
      let count = min(remaining, 1 << 16)
      _ = try readBytes(count)
      remaining -= count
    }
    _ = try readBytes(padding)
    padding = 0
  }

  /// Reads what follows the end's first block: zeros. With them gzip's own checksum is seen to.
  private func finish() throws(FileError) {
    for _ in 0..<Self.paddingLimit >> 14 {
      let bytes = try readBytes(upTo: 1 << 14)
      guard bytes.allSatisfy({ $0 == 0 }) else {
        throw failure(expected: "nothing but zeros behind the archive's end", found: "other bytes")
      }
      if bytes.count < 1 << 14 { return }
    }
    throw failure(
      expected: "at most \(Self.paddingLimit) bytes behind the archive's end", found: "more")
  }

  private func readBytes(_ count: Int) throws(FileError) -> [UInt8] {
    let bytes = try readBytes(upTo: count)
    guard bytes.count == count else {
      throw failure(expected: "\(count) more bytes", found: "the end of the archive")
    }
    return bytes
  }

  private func readBytes(upTo count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let outcome = bytes.withUnsafeMutableBytes { memory in
      Result { () throws(FileError) -> Int in try reader.read(into: memory) }
    }
    try bytes.removeLast(count - outcome.get())
    return bytes
  }

  private func flawless<Value>(_ body: () throws(TarFlaw) -> Value) throws(FileError) -> Value {
    do {
      return try body()
    } catch {
      throw failure(expected: error.expected, found: error.found)
    }
  }
}
