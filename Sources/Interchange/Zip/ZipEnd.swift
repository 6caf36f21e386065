internal import PinionTensor

/// The record at the end of a zip file, which contains the position of the directory.
struct ZipEnd {
  /// The directory's bytes in the file.
  private(set) var directory: Range<Int>
  /// The number of members.
  private(set) var count: Int

  init(_ reader: FileReader) throws(FileError) {
    // The record may be followed by a comment of up to 2^16 − 1 bytes.
    let start = max(0, reader.size - ZipSignature.endSize - Int(UInt16.max))
    let tail = try reader.bytes(start..<reader.size, place: "end of the zip file")
    guard let position = Self.position(in: tail) else {
      throw FileError(
        file: reader.file, place: "end of the zip file", expected: "the record of a zip file",
        found: "\(reader.size) bytes without one")
    }
    var bytes = ByteScanner(
      Array(tail[position...]), offset: start + position, file: reader.file,
      place: "end of the zip file")
    try bytes.skip(4)
    let disks: UInt32 = try bytes.integer()
    let countHere: UInt16 = try bytes.integer()
    let count: UInt16 = try bytes.integer()
    let size: UInt32 = try bytes.integer()
    let offset: UInt32 = try bytes.integer()
    guard disks == 0 && countHere == count || count == .max else {
      throw bytes.failure("a file of one disk", "several")
    }
    (self.count, directory) = (Int(count), 0..<0)
    var (wideSize, wideOffset) = (UInt64(size), UInt64(offset))
    var end = start + position
    // Some writers add the record of 64 bits where 32 would do.
    if let wide = try Self.wideEnd(reader, before: end) {
      (self.count, wideSize, wideOffset, end) = wide
    }
    let (sum, overflow) = wideOffset.addingReportingOverflow(wideSize)
    guard !overflow, sum == UInt64(end) else {
      throw bytes.failure(
        "a directory that ends at byte \(end)", "\(wideSize) bytes from \(wideOffset)")
    }
    directory = Int(wideOffset)..<end
    guard self.count <= directory.count / ZipSignature.directoryEntrySize else {
      throw bytes.failure("members that fit into \(directory.count) bytes", "\(self.count)")
    }
    guard self.count <= ZipArchive.entryLimit else {
      throw bytes.failure("at most \(ZipArchive.entryLimit) members", "\(self.count)")
    }
  }

  /// The last place where a record and its comment fill the rest.
  private static func position(in tail: [UInt8]) -> Int? {
    var position = tail.count - ZipSignature.endSize
    while position >= 0 {
      let isRecord = tail[position..<position + 4].elementsEqual([0x50, 0x4b, 5, 6])
      if isRecord {
        let comment = Int(tail[position + 20]) | Int(tail[position + 21]) << 8
        if position + ZipSignature.endSize + comment == tail.count { return position }
      }
      position -= 1
    }
    return nil
  }

  /// The fields of the zip64 record, and its position; nil if there is none.
  private static func wideEnd(
    _ reader: FileReader, before end: Int
  ) throws(FileError) -> (count: Int, size: UInt64, offset: UInt64, start: Int)? {
    let locator = end - ZipSignature.wideLocatorSize
    guard locator >= 0 else { return nil }
    let place = "zip64 locator"
    var bytes = ByteScanner(
      try reader.bytes(locator..<end, place: place), offset: locator, file: reader.file,
      place: place)
    let signature: UInt32 = try bytes.integer()
    guard signature == ZipSignature.wideLocator else { return nil }
    try bytes.skip(4)
    let found: UInt64 = try bytes.integer()
    let start = locator - ZipSignature.wideEndSize
    guard start >= 0, found == UInt64(start) else {
      throw bytes.failure("the zip64 record at byte \(start)", "byte \(found)")
    }
    var record = ByteScanner(
      try reader.bytes(start..<locator, place: place), offset: start, file: reader.file,
      place: "zip64 record")
    try record.expect(ZipSignature.wideEnd, "a zip64 record")
    try record.skip(12)
    let disks: UInt64 = try record.integer()
    let countHere: UInt64 = try record.integer()
    let count: UInt64 = try record.integer()
    let size: UInt64 = try record.integer()
    let offset: UInt64 = try record.integer()
    guard disks == 0, countHere == count, let count = Int(exactly: count) else {
      throw record.failure("the members of a file of one disk", "\(count) members")
    }
    return (count, size, offset, start)
  }
}
