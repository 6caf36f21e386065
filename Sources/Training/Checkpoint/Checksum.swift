internal import CPinionZlib
internal import PinionTensor

/// CRC-32 of bytes that come one after the other (the polynomial of gzip and PNG).
///
/// It is there for accidents: a bit that a disk, a cable or a memory cell turned. It finds every error within 32 neighboring bits,
/// every one or two wrong bits anywhere in a file of up to 500 MB, and all but one in 2³² of the others. Whoever
/// changes a file on purpose can change its checksum too; against them the checks of every value stand, not this.
struct Checksum {
  private var value: uLong = 0

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // zlib counts in 32 bits.
    for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(bytes.count, start + 1 << 30)])
      value = crc32(
        value, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), uInt(piece.count))
    }
  }

  mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  mutating func add(_ elements: MemoryView<Float>) {
    add(UnsafeRawBufferPointer(UnsafeBufferPointer(start: elements.base, count: elements.count)))
  }

  /// Eight hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
