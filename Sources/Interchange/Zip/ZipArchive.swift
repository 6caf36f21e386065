internal import PinionTensor

/// A zip file whose directory is checked when it is opened and whose members are read one at a
/// time.
///
/// Members are stored or deflated; sizes beyond 32 bits (zip64) are supported, encryption and files
/// of several disks are not. The positions of members are read from the directory only, and two
/// members with the same name or overlapping bytes are refused, so that all readers of a file agree
/// about it and no file unpacks to more than deflate's ratio times its size. Source: PKWARE's
/// APPNOTE 6.3.10.
struct ZipArchive: Sendable {
  /// A member, as the central directory describes it.
  struct Entry: Sendable, Equatable {
    let name: String
    let isDeflated: Bool
    /// CRC-32 of the contents.
    let checksum: UInt32
    /// The sizes of the member in the file and of its contents, in bytes.
    let packedSize: Int
    let size: Int
    /// The offset of the member's local header.
    let header: Int
    /// The length of the name in the file, which may not be UTF-8.
    let nameLength: Int
  }

  /// The largest number of members.
  static let entryLimit = 100_000

  /// Upper bound of deflate's ratio (zlib's documentation, "Maximum Compression Factor").
  static let maximumRatio = 1_032

  let reader: FileReader

  /// In the order of the directory.
  let entries: [Entry]

  private let positions: [[UInt8]: Int]

  /// The offset of the directory, after all members.
  private let directory: Int

  /// Throws `FileError` if the file is not a valid zip file.
  init(_ reader: FileReader) throws(FileError) {
    self.reader = reader
    let end = try ZipEnd(reader)
    directory = end.directory.lowerBound
    var bytes = ByteScanner(
      try reader.bytes(end.directory, place: "directory"), offset: directory, file: reader.file,
      place: "directory")
    var entries: [Entry] = []
    var positions: [[UInt8]: Int] = [:]
    while !bytes.isAtEnd {
      guard entries.count < min(end.count, Self.entryLimit) else {
        throw bytes.failure("the end of \(end.count) members", "more bytes")
      }
      bytes.place = "directory, member \(entries.count)"
      let (name, entry) = try Self.entry(&bytes)
      guard positions.updateValue(entries.count, forKey: name) == nil else {
        throw bytes.failure("names that differ", "a second \(entry.name.debugDescription)")
      }
      entries.append(entry)
    }
    guard entries.count == end.count else {
      throw bytes.failure("\(end.count) members", "\(entries.count)")
    }
    self.entries = entries
    self.positions = positions
    try checkOverlap()
  }

  func entry(named name: String) -> Entry? { positions[Array(name.utf8)].map { entries[$0] } }

  /// One member of the directory; the name also in bytes, since Swift compares strings by
  /// canonical equivalence.
  private static func entry(_ bytes: inout ByteScanner) throws(FileError) -> ([UInt8], Entry) {
    try bytes.expect(ZipSignature.directoryEntry, "a member of the directory")
    try bytes.skip(4)
    let flags: UInt16 = try bytes.integer()
    let method: UInt16 = try bytes.integer()
    try bytes.skip(4)
    let checksum: UInt32 = try bytes.integer()
    let packed: UInt32 = try bytes.integer()
    let unpacked: UInt32 = try bytes.integer()
    let nameLength: UInt16 = try bytes.integer()
    let extraLength: UInt16 = try bytes.integer()
    let commentLength: UInt16 = try bytes.integer()
    let disk: UInt16 = try bytes.integer()
    try bytes.skip(6)
    let offset: UInt32 = try bytes.integer()
    let name = try bytes.bytes(Int(nameLength))
    var sizes = ZipWideSizes(unpacked: unpacked, packed: packed, offset: offset)
    try sizes.read(from: &bytes, count: Int(extraLength))
    try bytes.skip(Int(commentLength))
    // Bit 0: encrypted; bit 5: a patch; bits 6 and 13: strong encryption.
    guard flags & 0x2061 == 0 else { throw bytes.failure("no encryption", "flags \(flags)") }
    guard method == 0 || method == 8 else {
      throw bytes.failure("method 0 (stored) or 8 (deflated)", "method \(method)")
    }
    guard disk == 0 else { throw bytes.failure("a file of one disk", "disk \(disk)") }
    let entry = Entry(
      name: String(decoding: name, as: UTF8.self), isDeflated: method == 8, checksum: checksum,
      packedSize: sizes.packed, size: sizes.unpacked, header: sizes.offset,
      nameLength: name.count)
    // Divided, since a product could overflow; empty contents take two bytes.
    guard method == 0 ? entry.size == entry.packedSize : entry.size / maximumRatio <= sizes.packed
    else {
      throw bytes.failure(
        "a size that \(entry.packedSize) bytes can have", "\(entry.size) bytes")
    }
    return (name, entry)
  }

  /// Throws if two members share bytes, or one reaches into the directory.
  private func checkOverlap() throws(FileError) {
    var end = 0
    for entry in entries.sorted(by: { $0.header < $1.header }) {
      let (start, isOutside) = entry.header.addingReportingOverflow(
        ZipSignature.localHeaderSize + entry.packedSize)
      guard !isOutside, entry.header >= end, start <= directory else {
        throw error(
          entry, "bytes of its own from \(end) to the directory at \(directory)",
          "\(entry.packedSize) bytes from \(entry.header)")
      }
      end = start
    }
  }

  func error(_ entry: Entry, _ expected: String, _ found: String) -> FileError {
    FileError(
      file: reader.file, place: "member \(entry.name.debugDescription)", expected: expected,
      found: found)
  }

  /// The range of a member's bytes in the file, after its local header.
  func range(of entry: Entry) throws(FileError) -> Range<Int> {
    let size = ZipSignature.localHeaderSize
    var bytes = ByteScanner(
      try reader.bytes(entry.header..<entry.header + size, place: "local header"),
      offset: entry.header, file: reader.file,
      place: "local header of \(entry.name.debugDescription)")
    try bytes.expect(ZipSignature.localHeader, "a local header")
    try bytes.skip(4)
    let method: UInt16 = try bytes.integer()
    try bytes.skip(16)
    let nameLength: UInt16 = try bytes.integer()
    let extraLength: UInt16 = try bytes.integer()
    let start = entry.header + size + Int(nameLength) + Int(extraLength)
    guard (method == 8) == entry.isDeflated, Int(nameLength) == entry.nameLength,
      start + entry.packedSize <= directory
    else {
      throw bytes.failure("what the directory says", "another method, name or size")
    }
    return start..<start + entry.packedSize
  }
}

enum ZipSignature {
  static let localHeader: UInt32 = 0x0403_4b50
  static let directoryEntry: UInt32 = 0x0201_4b50
  static let end: UInt32 = 0x0605_4b50
  static let wideEnd: UInt32 = 0x0606_4b50
  static let wideLocator: UInt32 = 0x0706_4b50

  static let localHeaderSize = 30
  static let directoryEntrySize = 46
  static let endSize = 22
  static let wideEndSize = 56
  static let wideLocatorSize = 20

  /// The identifier of the extra field with sizes beyond 32 bits.
  static let wideSizes: UInt16 = 1
}

/// The sizes of a member: those of 32 bits, or where these are at their limit those of its extra
/// field.
private struct ZipWideSizes {
  private(set) var unpacked: Int
  private(set) var packed: Int
  private(set) var offset: Int

  init(unpacked: UInt32, packed: UInt32, offset: UInt32) {
    (self.unpacked, self.packed, self.offset) = (Int(unpacked), Int(packed), Int(offset))
  }

  mutating func read(from bytes: inout ByteScanner, count: Int) throws(FileError) {
    let end = bytes.position + count
    while end - bytes.position >= 4 {
      let identifier: UInt16 = try bytes.integer()
      let length: UInt16 = try bytes.integer()
      let next = bytes.position + Int(length)
      guard next <= end else { throw bytes.failure("an extra field in its place", "a longer one") }
      if identifier == ZipSignature.wideSizes {
        for size in [\Self.unpacked, \Self.packed, \Self.offset]
        where self[keyPath: size] == Int(UInt32.max) {
          let wide: UInt64 = try bytes.integer()
          guard let value = Int(exactly: wide), bytes.position <= next else {
            throw bytes.failure("sizes of 64 bits", "\(wide)")
          }
          self[keyPath: size] = value
        }
      }
      try bytes.skip(next - bytes.position)
    }
    // Some writers pad with fewer than four bytes.
    try bytes.skip(end - bytes.position)
  }
}
