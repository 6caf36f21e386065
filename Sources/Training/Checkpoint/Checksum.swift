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

/// The checksum of a safetensors file within its own metadata: of the whole file, the field itself read as zeros.
struct ChecksumField {
  /// Its name in the metadata.
  static let key = "pinion.crc32"
  /// What stands in its place while the sum is taken.
  static let blank = "00000000"

  /// How the field begins in a header as ``SafeTensors`` writes it. A text that contains the same has its quotes escaped.
  private static let start = Array("\"\(key)\":\"".utf8)

  /// Where its eight digits are.
  let range: Range<Int>

  /// The field of a header, nil if there is none.
  init?(in header: [UInt8]) {
    guard let found = header.firstRange(of: Self.start),
      found.upperBound + Self.blank.utf8.count <= header.count
    else { return nil }
    range = found.upperBound..<found.upperBound + Self.blank.utf8.count
  }

  /// Writes the sum of a header and the elements behind it into the header, whose field is blank.
  static func fill(_ header: inout [UInt8], elements: [MemoryView<Float>]) {
    guard let field = ChecksumField(in: header) else { fatalError("a header without a checksum") }
    var sum = Checksum()
    sum.add(header)
    for view in elements { sum.add(view) }
    header.replaceSubrange(field.range, with: sum.text.utf8)
  }

  /// Throws `FileError` if a file has a checksum, and it is not that of its bytes. A file whose header cannot be found is left to
  /// its reader.
  static func verify(_ reader: FileReader) throws(FileError) {
    let lengthSize = MemoryLayout<UInt64>.size
    guard reader.size >= lengthSize else { return }
    let length = try reader.bytes(0..<lengthSize, place: "header length")
      .withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
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
