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
