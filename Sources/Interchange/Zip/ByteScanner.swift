internal import PinionTensor

/// Reads little-endian integers and byte strings of a part of a file in sequence.
struct ByteScanner {
  private let bytes: [UInt8]
  /// The offset of the first byte in the file or the member.
  private let offset: Int
  private let file: String

  /// The place that errors name, besides the offset.
  var place: String

  /// The index of the next byte.
  private(set) var position = 0

  init(_ bytes: [UInt8], offset: Int, file: String, place: String) {
    (self.bytes, self.offset, self.file, self.place) = (bytes, offset, file, place)
  }

  var isAtEnd: Bool { position == bytes.count }

  /// The number of bytes left.
  var remaining: Int { bytes.count - position }

  func failure(_ expected: String, _ found: String) -> FileError {
    FileError(
      file: file, place: "\(place), byte \(offset + position)", expected: expected, found: found)
  }

  private func require(_ count: Int) throws(FileError) {
    guard count >= 0, count <= remaining else {
      throw failure("\(count) more bytes", "\(remaining)")
    }
  }

  /// The next byte, not consumed; nil at the end.
  var next: UInt8? { isAtEnd ? nil : bytes[position] }

  /// Consumes the byte that ``next`` is.
  mutating func advance() { position += 1 }

  mutating func skip(_ count: Int) throws(FileError) {
    try require(count)
    position += count
  }

  mutating func bytes(_ count: Int) throws(FileError) -> [UInt8] {
    try require(count)
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  mutating func integer<Integer: FixedWidthInteger>(
    _ type: Integer.Type = Integer.self
  ) throws(FileError) -> Integer {
    let size = MemoryLayout<Integer>.size
    try require(size)
    defer { position += size }
    return unsafe bytes.withUnsafeBytes {
      unsafe Integer(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Integer.self))
    }
  }

  /// Throws unless the next four bytes are a signature.
  mutating func expect(_ signature: UInt32, _ expected: String) throws(FileError) {
    let found: UInt32 = try integer()
    guard found == signature else {
      position -= 4
      throw failure(expected, "other bytes")
    }
  }

  /// The text up to a line feed, which is skipped.
  mutating func line() throws(FileError) -> String {
    var line: [UInt8] = []
    while let byte = next, byte != UInt8(ascii: "\n") {
      line.append(byte)
      advance()
    }
    try skip(1)
    return String(decoding: line, as: UTF8.self)
  }
}
