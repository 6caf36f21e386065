internal import CPinionZlib
package import FoundationEssentials
package import PinionTensor

/// Reads a file sequentially and unpacks it if it is gzip (RFC 1952).
///
/// Nothing is unpacked beyond what is read, so that a file that unpacks to terabytes costs no more
/// memory than the destination. A gzip file may have several members (`cat a.gz b.gz`); zlib
/// verifies the checksum and the length of each. Zero bytes may follow a member, as padding of tape
/// blocks.
package final class GzipReader {
  /// Upper bound of deflate's ratio (zlib's documentation, "Maximum Compression Factor").
  static let maximumRatio = 1_032

  let isPacked: Bool
  private let file: FileBytes
  private let inflater: Inflater?

  /// Throws `FileError` if the file is missing, unreadable or not a regular file.
  package init(_ url: URL) throws(FileError) {
    file = try FileBytes(SystemPath(url))
    isPacked = try file.peek(2).elementsEqual([0x1f, 0x8b])
    inflater = isPacked ? Inflater() : nil
  }

  package var path: String { file.path }

  /// In bytes.
  var fileSize: Int { file.size }

  /// An upper bound of the contents' size in bytes.
  var maximumContents: Int {
    guard isPacked else { return file.size }
    let (product, overflow) = file.size.multipliedReportingOverflow(by: Self.maximumRatio)
    return overflow ? .max : product
  }

  /// Fills `destination` and returns the number of bytes, fewer only at the end of the contents.
  ///
  /// Throws `FileError` if the file cannot be read, or is gzip and truncated, corrupt or followed
  /// by other bytes.
  package func read(into destination: UnsafeMutableRawBufferPointer) throws(FileError) -> Int {
    var filled = 0
    while filled < destination.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: destination[filled...])
      let count = try unsafe readSome(into: rest)
      guard count > 0 else { break }
      filled += count
    }
    return filled
  }

  private func readSome(
    into destination: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> Int {
    guard let inflater else { return try unsafe file.read(into: destination) }
    return try unsafe inflater.unpack(file, into: destination)
  }
}

extension GzipReader {
  /// The next `count` bytes. Throws `FileError` with `place` if there are fewer, and as
  /// ``read(into:)``.
  func read(_ count: Int, place: String) throws(FileError) -> [UInt8] {
    let bytes = try read(upTo: count)
    guard bytes.count == count else {
      throw FileError(
        file: path, place: place, expected: "\(count) bytes", found: "\(bytes.count)")
    }
    return bytes
  }

  /// Bytes that are unpacked at a time.
  private static let piece = 1 << 20

  /// The next `count` bytes; fewer at the end of the contents.
  func read(upTo count: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    // Reserved memory costs nothing until it is written, so a false header costs what the file
    // holds.
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let start = bytes.count
      let piece = min(Self.piece, count - start)
      bytes.append(contentsOf: repeatElement(0, count: piece))
      let outcome = unsafe bytes.withUnsafeMutableBytes { memory in
        Result { () throws(FileError) -> Int in
          try unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: memory[start...]))
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

  /// Throws `FileError` with `place` unless the contents have ended.
  func expectEnd(place: String) throws(FileError) {
    guard try read(upTo: 1).isEmpty else {
      throw FileError(
        file: path, place: place, expected: "the end of the file", found: "more bytes")
    }
  }
}

/// zlib's decompression state.
@safe final class Inflater {
  /// On the heap, since zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>
  private var memberHasEnded = false

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // windowBits: 15 for the largest window, 2^15 bytes; 16 more for gzip's header and trailer.
    let status = unsafe inflateInit2_(
      stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    require(status == Z_OK, "zlib cannot start: status \(status)")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Unpacks part of `file` into `destination`; returns the number of bytes, 0 only at the end of
  /// the last member.
  func unpack(
    _ file: FileBytes, into destination: UnsafeMutableRawBufferPointer
  ) throws(FileError) -> Int {
    let room = UInt32(Swift.min(destination.count, 1 << 30))
    guard room > 0 else { return 0 }
    while true {
      if memberHasEnded {
        guard try startMember(of: file) else { return 0 }
      }
      let isExhausted = try file.isAtEnd()
      let offset = file.offset
      unsafe stream.pointee.next_out = unsafe destination.baseAddress?.assumingMemoryBound(
        to: UInt8.self)
      unsafe stream.pointee.avail_out = room
      let status = unsafe file.feed(stream) { unsafe inflate(stream, Z_NO_FLUSH) }
      let produced = unsafe Int(room - stream.pointee.avail_out)
      switch status {
      case Z_STREAM_END: memberHasEnded = true
      case Z_OK, Z_BUF_ERROR:
        if isExhausted, produced == 0 {
          throw FileError(
            file: file.path, place: "byte \(offset)", expected: "more of the gzip stream",
            found: "the end of the file")
        }
      default:
        throw FileError(
          file: file.path, place: "before byte \(file.offset)", expected: "a valid gzip stream",
          found: unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
            ?? "zlib's status \(status)")
      }
      if produced > 0 { return produced }
    }
  }

  /// Skips zero padding and starts the next member; false at the end of the file. Throws for other
  /// bytes, which may be a damaged member.
  private func startMember(of file: FileBytes) throws(FileError) -> Bool {
    try file.skipZeros()
    let next = try file.peek(2)
    guard !next.isEmpty else { return false }
    guard next.elementsEqual([0x1f, 0x8b]) else {
      throw FileError(
        file: file.path, place: "byte \(file.offset)",
        expected: "the end of the file, zeros or another gzip member", found: "other bytes")
    }
    unsafe inflateReset(stream)
    memberHasEnded = false
    return true
  }
}
