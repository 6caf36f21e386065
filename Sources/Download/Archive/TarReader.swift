package import PinionData
package import PinionTensor

/// Reads the entries of a tar archive, gzipped or plain, one after the other, one block at a time.
///
/// Supports ustar, GNU long names, pax paths and sizes, regular files and directories. Refuses
/// links, devices, absolute paths and paths with `..`.
///
/// libarchive is not used: for two archives of regular files, a few hundred lines of memory-safe
/// Swift suffice, whereas libarchive parses many formats and compressions in C and would be another
/// dependency.
package final class TarReader {
  /// `PATH_MAX` of Linux.
  private static let pathLimit = 4096
  /// The largest extended header in bytes.
  private static let extensionLimit = 1 << 16
  /// The largest total size of extended headers, and the largest number before one entry: many of
  /// them compress to few bytes.
  private static let extensionTotal = 1 << 20
  private static let extensionCount = 8
  /// The largest number of path components.
  private static let depthLimit = 8
  /// The largest number of zero bytes after the end of the archive: several of the largest tape
  /// records.
  private static let paddingLimit = 1 << 22

  private let reader: GzipReader
  /// The unread bytes of the current entry, and the padding after them up to a whole block.
  private var remaining = 0
  private var padding = 0
  private(set) var place = "entry 1"
  private var count = 0
  private var extensionBytes = 0

  package init(_ reader: GzipReader) { self.reader = reader }

  var file: String { reader.path }

  /// The next entry; nil at the end of the archive.
  ///
  /// - Throws: `FileError` if the entry is invalid or the archive ends without an end marker.
  package func next() throws(FileError) -> TarEntry? {
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
      let size = try locatingErrors { () throws(TarFormatError) in try header.contentSize }
      switch header.type {
      case UInt8(ascii: "L"):
        longPath = try readExtension(size).prefix { $0 != 0 }.map(\.self)
      case UInt8(ascii: "x"):
        let bytes = try readExtension(size)
        records = try locatingErrors { () throws(TarFormatError) in try PaxRecords(bytes) }
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

  /// Reads bytes of the current entry into `destination`. Returns their number, 0 at the end of the
  /// entry.
  package func read(into destination: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    let count = min(remaining, destination.count)
    guard count > 0 else { return 0 }
    let memory = unsafe UnsafeMutableRawBufferPointer(rebasing: destination[..<count])
    guard try unsafe reader.read(into: memory) == count else {
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
        expected: "a UTF-8 path of at most \(Self.pathLimit) bytes", found: "an invalid one")
    }
    place = "entry \(count), \(text.debugDescription)"
    let path = try components(text)
    switch header.type {
    case UInt8(ascii: "5"):
      guard size == 0 else {
        throw failure(expected: "a directory without data", found: "\(size) bytes")
      }
      return TarEntry(kind: .directory, path: path, size: 0)
    case UInt8(ascii: "0"):
      // In pre-POSIX archives, a trailing slash marks a directory.
      if text.hasSuffix("/"), size == 0 { return TarEntry(kind: .directory, path: path, size: 0) }
      guard !path.isEmpty, !text.hasSuffix("/") else {
        throw failure(expected: "a file name", found: "an empty one")
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
        found: kinds[type] ?? "type \(Character(Unicode.Scalar(type)).debugDescription)")
    }
  }

  private func components(_ text: String) throws(FileError) -> [String] {
    guard !text.hasPrefix("/"), !text.utf8.contains(0) else {
      throw failure(expected: "a relative path", found: "an absolute path or a NUL byte")
    }
    let components = text.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
      .filter { $0 != "." }
    guard components.count <= Self.depthLimit else {
      throw failure(
        expected: "a path of at most \(Self.depthLimit) components", found: "\(components.count)")
    }
    guard !components.contains(".."), components.allSatisfy({ $0.utf8.count <= 255 }) else {
      throw failure(
        expected: "path components of at most 255 bytes, none of them \"..\"",
        found: components.contains("..") ? "\"..\"" : "a longer component")
    }
    return components
  }

  /// The next header; nil at the end marker, a block of zeros.
  private func readHeader() throws(FileError) -> TarHeader? {
    let block = try readBytes(TarHeader.size)
    guard block.contains(where: { $0 != 0 }) else { return nil }
    return try locatingErrors { () throws(TarFormatError) in try TarHeader(block) }
  }

  private func readExtension(_ size: Int) throws(FileError) -> [UInt8] {
    guard size <= Self.extensionLimit else {
      throw failure(
        expected: "an extended header of at most \(Self.extensionLimit) bytes", found: "\(size)")
    }
    extensionBytes += size
    guard extensionBytes <= Self.extensionTotal else {
      throw failure(
        expected: "at most \(Self.extensionTotal) bytes of extended headers", found: "more"
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

  /// Reads the zeros after the end marker, and thereby verifies gzip's checksum.
  private func finish() throws(FileError) {
    for _ in 0..<Self.paddingLimit >> 14 {
      let bytes = try readBytes(upTo: 1 << 14)
      guard bytes.allSatisfy({ $0 == 0 }) else {
        throw failure(expected: "only zeros after the end of the archive", found: "other bytes")
      }
      if bytes.count < 1 << 14 { return }
    }
    throw failure(
      expected: "at most \(Self.paddingLimit) bytes after the end of the archive", found: "more")
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
    let outcome = unsafe bytes.withUnsafeMutableBytes { memory in
      Result { () throws(FileError) -> Int in try unsafe reader.read(into: memory) }
    }
    try bytes.removeLast(count - outcome.get())
    return bytes
  }

  private func locatingErrors<Value>(_ body: () throws(TarFormatError) -> Value) throws(FileError)
    -> Value
  {
    do {
      return try body()
    } catch {
      throw failure(expected: error.expected, found: error.found)
    }
  }
}

/// The metadata of an entry.
package struct TarEntry: Equatable {
  package enum Kind: Equatable {
    case file
    case directory
  }

  package let kind: Kind
  /// Components, none of which is empty, `.` or `..`. Empty for the root of the archive.
  package let path: [String]
  /// The size of the file in bytes.
  package let size: Int
}
