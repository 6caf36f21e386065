import CPinionZlib

/// zlib's streams.
enum Deflate {
  /// A chunk of PNG with its length and checksum, of its type and contents.
  static func chunk(_ body: [UInt8]) -> [UInt8] {
    Endian.big(max(0, body.count - 4), 4) + body + Endian.big(Endian.crc32(body), 4)
  }

  static func deflated(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(length))
    compress2(&output, &length, bytes, uLong(bytes.count), 1)
    return Array(output[..<Int(length)])
  }

  /// The contents of a whole stream of at most 256 KiB; nil if it is broken.
  ///
  /// - Parameters:
  ///   - windowBits: As zlib's.
  ///   - isAlone: Whether nothing may follow the stream.
  static func inflated(
    _ bytes: [UInt8], windowBits: Int32, isAlone: Bool = false
  ) -> [UInt8]? {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, size) == Z_OK else { return nil }
    defer { inflateEnd(&stream) }
    var input = bytes
    var output = [UInt8](repeating: 0, count: 1 << 18)
    let count: Int? = input.withUnsafeMutableBufferPointer { source in
      output.withUnsafeMutableBufferPointer { target in
        stream.next_in = source.baseAddress
        stream.avail_in = UInt32(source.count)
        stream.next_out = target.baseAddress
        stream.avail_out = UInt32(target.count)
        guard inflate(&stream, Z_FINISH) == Z_STREAM_END, !isAlone || stream.avail_in == 0 else {
          return nil
        }
        return target.count - Int(stream.avail_out)
      }
    }
    return count.map { Array(output[..<$0]) }
  }
}
