internal import CPinionZlib
internal import PinionTensor

/// zlib's state between two calls of `inflate`.
final class Inflater {
  /// zlib keeps the stream's address, which therefore must not change.
  private let stream: UnsafeMutablePointer<z_stream>
  private var memberHasEnded = false

  init() {
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // A window of 2^15 bytes, the largest there is; 16 more asks for gzip's header and trailer instead of zlib's.
    let status = inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    require(status == Z_OK, "zlib cannot start: status \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Unpacks some of `file` into `destination`; returns the number of bytes, 0 only at the end of the last member.
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
      stream.pointee.next_out = destination.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = room
      let status = file.feed(stream) { inflate(stream, Z_NO_FLUSH) }
      let produced = Int(room - stream.pointee.avail_out)
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
          found: stream.pointee.msg.map { String(cString: $0) } ?? "zlib's status \(status)")
      }
      if produced > 0 { return produced }
    }
  }

  /// Makes ready for the next member; false if the file ends here. Zeros fill the blocks of a tape, and are no part of
  /// any member; other bytes may be a damaged one.
  private func startMember(of file: FileBytes) throws(FileError) -> Bool {
    try file.skipZeros()
    let next = try file.peek(2)
    guard !next.isEmpty else { return false }
    guard next.elementsEqual([0x1f, 0x8b]) else {
      throw FileError(
        file: file.path, place: "byte \(file.offset)",
        expected: "the end of the file, zeros or another gzip member", found: "other bytes")
    }
    inflateReset(stream)
    memberHasEnded = false
    return true
  }
}
