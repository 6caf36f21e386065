internal import CPinionZlib
package import FoundationEssentials
package import PinionTensor

/// A file's contents in order, unpacked on the way if the file is gzip (RFC 1952), else as they are.
///
/// Nothing is unpacked beyond what is asked for, so a file that would unpack to terabytes costs no more memory than
/// the reader's destination. A gzip file may have several members, as `cat a.gz b.gz` makes; zlib verifies
/// the checksum and the length at the end of each. Zeros may follow a member, as blocks of a tape are filled.
package final class GzipReader {
  /// No deflate stream unpacks to more than this many times its size (zlib's documentation, "Maximum Compression Factor").
  static let maximumRatio = 1_032

  let isPacked: Bool
  private let file: FileBytes
  private let inflater: Inflater?

  /// Opens a file. Throws `FileError` if it is missing, unreadable, or no regular file.
  package init(_ url: URL) throws(FileError) {
    file = try FileBytes(SystemPath(url))
    isPacked = try file.peek(2).elementsEqual([0x1f, 0x8b])
    inflater = isPacked ? Inflater() : nil
  }

  package var path: String { file.path }

  /// The file's size in bytes.
  var fileSize: Int { file.size }

  /// The number of bytes that the contents cannot exceed.
  var maximumContents: Int {
    guard isPacked else { return file.size }
    let (product, overflow) = file.size.multipliedReportingOverflow(by: Self.maximumRatio)
    return overflow ? .max : product
  }

  /// Fills `destination` as far as the contents go, and says how far.
  ///
  /// Throws `FileError` if the file cannot be read, or is gzip and truncated, corrupt or followed by something else.
  package func read(into destination: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    var filled = 0
    while filled < destination.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: destination[filled...])
      let count = try readSome(into: rest)
      guard count > 0 else { break }
      filled += count
    }
    return filled
  }

  private func readSome(
    into destination: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> Int {
    guard let inflater else { return try file.read(into: destination) }
    return try inflater.unpack(file, into: destination)
  }
}

extension GzipReader {
  /// The next `count` bytes. Throws `FileError` with the place if there are fewer, or as ``read(into:)``.
  func read(_ count: Int, place: String) throws(FileError) -> [UInt8] {
    let bytes = try read(upTo: count)
    guard bytes.count == count else {
      throw FileError(
        file: path, place: place, expected: "\(count) bytes", found: "\(bytes.count)")
    }
    return bytes
  }

  /// So many bytes are unpacked at a time.
  private static let piece = 1 << 20

  /// The next `count` bytes, or as many as there are.
  func read(upTo count: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    // Room costs nothing until it is filled, so that a file that promises more than it holds costs what it holds.
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let start = bytes.count
      let piece = min(Self.piece, count - start)
      bytes.append(contentsOf: repeatElement(0, count: piece))
      let outcome = bytes.withUnsafeMutableBytes { memory in
        Result { () throws(FileError) -> Int in
          try read(into: UnsafeMutableRawBufferPointer(rebasing: memory[start...]))
        }
      }
      let filled = try outcome.get()
      if filled < piece {
        bytes.removeLast(piece - filled)
        break
      }
    }
    return bytes
  }

  /// Throws `FileError` with the place unless the contents have ended.
  func expectEnd(place: String) throws(FileError) {
    guard try read(upTo: 1).isEmpty else {
      throw FileError(
        file: path, place: place, expected: "the end of the file", found: "more bytes")
    }
  }
}
