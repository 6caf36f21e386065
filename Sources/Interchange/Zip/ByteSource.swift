internal import CPinionZlib
internal import PinionTensor

/// Bytes that are read once, in sequence: a file's, or those of a member of a zip file.
protocol ByteSource: AnyObject {
  /// The file's path.
  var file: String { get }
  /// The number of bytes that have been read.
  var position: Int { get }
  /// The number of bytes in all.
  var size: Int { get }
  /// Fills `bytes` with the next ones. Throws `FileError` if there are fewer or they are corrupt.
  func read(into bytes: UnsafeMutableRawBufferPointer, place: String) throws(FileError)
}

extension ByteSource {
  /// The next `count` bytes. Their memory is bounded by what is left.
  func bytes(_ count: Int, place: String) throws(FileError) -> [UInt8] {
    guard count <= size - position else {
      throw FileError(
        file: file, place: "\(place), byte \(position)", expected: "\(count) bytes",
        found: "\(size - position)")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    let result = unsafe bytes.withUnsafeMutableBytes { buffer in
      Result { () throws(FileError) in try unsafe read(into: buffer, place: place) }
    }
    try result.get()
    return bytes
  }
}

/// The bytes of a whole file.
final class FileSource: ByteSource {
  private let reader: FileReader
  private(set) var position = 0

  init(_ reader: FileReader) { self.reader = reader }

  var file: String { reader.file }
  var size: Int { reader.size }

  func read(into bytes: UnsafeMutableRawBufferPointer, place: String) throws(FileError) {
    try unsafe reader.read(at: position, into: bytes, place: place)
    position += bytes.count
  }
}

/// The contents of a member of a zip file. When the last byte has been read, the checksum has been
/// compared.
final class ZipSource: ByteSource {
  /// Packed bytes that are read at a time.
  private static let piece = 1 << 16

  private let archive: ZipArchive
  private let entry: ZipArchive.Entry
  private let end: Int
  private let inflater: RawInflater?
  /// Whether a checksum of 0 in the directory stands for none.
  private let allowsNoChecksum: Bool
  /// The offset of the next packed byte that has not been read into `packed`.
  private var next: Int
  private var packed: [UInt8] = []
  private var start = 0
  private var checksum: UInt = 0
  private(set) var position = 0

  init(
    _ archive: ZipArchive, _ entry: ZipArchive.Entry, allowsNoChecksum: Bool = false
  ) throws(FileError) {
    let range = try archive.range(of: entry)
    (self.archive, self.entry) = (archive, entry)
    self.allowsNoChecksum = allowsNoChecksum
    (next, end) = (range.lowerBound, range.upperBound)
    inflater = entry.isDeflated ? RawInflater() : nil
    // A member without contents is compared here, since nothing will be read.
    if entry.size == 0 { try finish() }
  }

  var file: String { archive.reader.file }
  var size: Int { entry.size }

  func read(into bytes: UnsafeMutableRawBufferPointer, place: String) throws(FileError) {
    guard bytes.count <= size - position else {
      throw archive.error(
        entry, "\(bytes.count) bytes at byte \(position)", "\(size - position)")
    }
    guard unsafe !bytes.isEmpty else { return }
    if let inflater {
      try unsafe unpack(inflater, into: bytes)
    } else {
      try unsafe archive.reader.read(at: next, into: bytes, place: place)
      next += bytes.count
    }
    position += bytes.count
    checksum = unsafe crc32_z(
      checksum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
    if position == size { try finish() }
  }

  private func unpack(
    _ inflater: RawInflater, into bytes: UnsafeMutableRawBufferPointer
  ) throws(FileError) {
    var filled = 0
    while filled < bytes.count {
      try refill()
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
      let step = unsafe inflater.unpack(packed[start...], into: rest)
      start += step.consumed
      filled += step.produced
      if let flaw = step.flaw { throw corrupt(flaw) }
      if step.isEnd, filled < bytes.count {
        throw corrupt("the end of \(position + filled) bytes")
      }
      if step.consumed == 0, step.produced == 0 { throw corrupt("the end of the packed bytes") }
    }
  }

  private func refill() throws(FileError) {
    guard start == packed.count, next < end else { return }
    let count = min(Self.piece, end - next)
    packed = try archive.reader.bytes(next..<next + count, place: "member \(entry.name)")
    next += count
    start = 0
  }

  private func corrupt(_ found: String) -> FileError {
    FileError(
      file: file,
      place: "member \(entry.name.debugDescription), before byte \(next - packed.count + start)",
      expected: "\(size) deflated bytes", found: found)
  }

  /// Throws unless the contents end here and have the checksum.
  private func finish() throws(FileError) {
    if allowsNoChecksum, entry.checksum == 0 { return }
    guard UInt32(truncatingIfNeeded: checksum) == entry.checksum else {
      throw archive.error(entry, "contents of checksum \(entry.checksum)", "\(checksum)")
    }
  }
}
