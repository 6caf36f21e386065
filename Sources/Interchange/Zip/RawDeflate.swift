internal import CPinionZlib
internal import PinionTensor

/// zlib's decompression of deflate without a header (RFC 1951), as zip files have it.
@safe final class RawInflater {
  /// What a step of decompression did.
  struct Step {
    var consumed: Int
    var produced: Int
    var isEnd: Bool
    /// zlib's message about invalid bytes.
    var flaw: String?
  }

  /// On the heap, since zlib keeps its address.
  private let stream: UnsafeMutablePointer<z_stream>

  init() {
    unsafe stream = .allocate(capacity: 1)
    unsafe stream.initialize(to: z_stream())
    // A negative window size: no header. 2^15 bytes, the largest window.
    let status = unsafe inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    require(status == Z_OK, "zlib cannot start: status \(status)")
  }

  deinit {
    unsafe inflateEnd(stream)
    unsafe stream.deallocate()
  }

  /// Unpacks bytes of `source` into `destination`, up to 2³⁰ of each.
  func unpack(
    _ source: ArraySlice<UInt8>, into destination: UnsafeMutableRawBufferPointer
  ) -> Step {
    let (available, room) = (min(source.count, 1 << 30), min(destination.count, 1 << 30))
    return unsafe source.withUnsafeBufferPointer { bytes in
      unsafe stream.pointee.next_in = unsafe UnsafeMutablePointer(mutating: bytes.baseAddress)
      unsafe stream.pointee.avail_in = UInt32(available)
      unsafe stream.pointee.next_out = unsafe destination.baseAddress?.assumingMemoryBound(
        to: UInt8.self)
      unsafe stream.pointee.avail_out = UInt32(room)
      let status = unsafe inflate(stream, Z_NO_FLUSH)
      let isValid = status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR
      let message = unsafe stream.pointee.msg.map { unsafe String(cString: $0) }
      return unsafe Step(
        consumed: available - Int(stream.pointee.avail_in),
        produced: room - Int(stream.pointee.avail_out), isEnd: status == Z_STREAM_END,
        flaw: isValid ? nil : message ?? "zlib's status \(status)")
    }
  }
}

/// Bytes as deflate without a header, by zlib's default level.
func deflated(_ source: UnsafeRawBufferPointer) -> [UInt8] {
  var stream = unsafe z_stream()
  let status = unsafe deflateInit2_(
    &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
    Int32(MemoryLayout<z_stream>.size))
  require(status == Z_OK, "zlib cannot start: status \(status)")
  defer { unsafe deflateEnd(&stream) }
  var packed: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  var consumed = 0
  var isEnd = false
  while !isEnd {
    // In steps, since zlib counts in 32 bits.
    let available = min(source.count - consumed, 1 << 30)
    unsafe stream.next_in = unsafe source.baseAddress.map {
      unsafe UnsafeMutablePointer(mutating: ($0 + consumed).assumingMemoryBound(to: UInt8.self))
    }
    unsafe stream.avail_in = UInt32(available)
    let isLast = consumed + available == source.count
    unsafe piece.withUnsafeMutableBufferPointer { bytes in
      unsafe stream.next_out = bytes.baseAddress
      unsafe stream.avail_out = UInt32(bytes.count)
      isEnd = unsafe deflate(&stream, isLast ? Z_FINISH : Z_NO_FLUSH) == Z_STREAM_END
    }
    unsafe consumed += available - Int(stream.avail_in)
    unsafe packed += piece[..<(piece.count - Int(stream.avail_out))]
  }
  return packed
}
