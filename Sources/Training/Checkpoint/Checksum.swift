internal import CPinionZlib
internal import PinionTensor

/// A running CRC-32 (the polynomial of gzip and PNG).
///
/// It detects accidental damage: every burst within 32 adjacent bits, every one or two wrong bits
/// in a file of up to 500 MB, and all but one in 2³² of other errors. It does not protect against
/// deliberate changes; the checks of every value do.
struct Checksum {
  private var value: uLong = 0

  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    // zlib counts in 32 bits.
    for start in stride(from: 0, to: bytes.count, by: 1 << 30) {
      let piece = unsafe UnsafeRawBufferPointer(
        rebasing: bytes[start..<min(bytes.count, start + 1 << 30)])
      value = unsafe crc32(
        value, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), uInt(piece.count))
    }
  }

  mutating func add(_ bytes: [UInt8]) { unsafe bytes.withUnsafeBytes { unsafe add($0) } }

  mutating func add(_ elements: MemoryView<Float>) {
    unsafe add(
      UnsafeRawBufferPointer(UnsafeBufferPointer(start: elements.base, count: elements.count)))
  }

  /// Eight hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}

/// The checksum of a safetensors file in its own metadata: of the whole file, with the digits of
/// the field as zeros.
struct ChecksumField {
  /// The name in the metadata.
  static let key = "pinion.crc32"
  /// The digits while the sum is computed.
  static let blank = "00000000"

  /// The start of the field in a header as `SafeTensors` writes it. In other texts of the header,
  /// quotes are escaped.
  private static let start = Array("\"\(key)\":\"".utf8)

  /// The position of the eight digits.
  let range: Range<Int>

  /// The field of a header, nil if there is none.
  init?(in header: [UInt8]) {
    guard let found = header.firstRange(of: Self.start),
      found.upperBound + Self.blank.utf8.count <= header.count
    else { return nil }
    range = found.upperBound..<found.upperBound + Self.blank.utf8.count
  }

  /// Writes the sum of a header with a blank field and of the elements after it into the field.
  static func fill(_ header: inout [UInt8], elements: [MemoryView<Float>]) {
    guard let field = ChecksumField(in: header) else { fatalError("a header without a checksum") }
    var sum = Checksum()
    sum.add(header)
    for view in elements { sum.add(view) }
    header.replaceSubrange(field.range, with: sum.text.utf8)
  }

  /// Throws `FileError` if a file has a checksum that is not that of its bytes. A malformed header
  /// is left to the reader of the file.
  static func verify(_ reader: FileReader) throws(FileError) {
    let lengthSize = MemoryLayout<UInt64>.size
    guard reader.size >= lengthSize else { return }
    let length = try unsafe reader.bytes(0..<lengthSize, place: "header length")
      .withUnsafeBytes { unsafe UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= min(SafeTensors.headerLimit, reader.size - lengthSize) else { return }
    let end = lengthSize + Int(length)
    var header = try reader.bytes(0..<end, place: "header")
    guard let field = ChecksumField(in: header) else { return }
    let found = String(decoding: header[field.range], as: UTF8.self)
    header.replaceSubrange(field.range, with: blank.utf8)
    var sum = Checksum()
    sum.add(header)
    let piece = 1 << 20
    for start in stride(from: end, to: reader.size, by: piece) {
      sum.add(try reader.bytes(start..<min(reader.size, start + piece), place: "data"))
    }
    guard sum.text == found else {
      throw FileError(
        file: reader.file, place: "checksum", expected: "CRC-32 \(found.debugDescription)",
        found: "\"\(sum.text)\": the file is damaged")
    }
  }
}
