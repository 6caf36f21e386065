internal import CPinionZlib
internal import PinionTensor

/// Writes the members of a zip file in sequence, then its directory.
///
/// Equal members give equal bytes: the time of each is 1980-01-01, the format's first. Sizes beyond
/// 32 bits are written as zip64.
struct ZipWriter {
  /// The directory entry of a member that has been written.
  private struct Member {
    let name: [UInt8]
    let isDeflated: Bool
    let checksum: UInt32
    let packedSize: Int
    let size: Int
    let header: Int
  }

  /// Sizes and offsets from this one on are written as zip64; smaller ones only in tests.
  private let wideFrom: Int
  private var members: [Member] = []
  private var offset = 0

  init(wideFrom: Int = Int(UInt32.max)) { self.wideFrom = wideFrom }

  /// Writes a member. Throws `FileError` if the file cannot be written.
  mutating func add(
    _ name: String, _ pieces: [UnsafeRawBufferPointer], isDeflated: Bool,
    to file: borrowing FileWriter
  ) throws {
    let checksum = unsafe pieces.reduce(UInt(0)) { checksum, piece in
      unsafe crc32_z(checksum, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), piece.count)
    }
    let size = unsafe pieces.reduce(0) { $0 + $1.count }
    let packed = unsafe isDeflated ? deflated(joining: pieces) : nil
    let member = Member(
      name: Array(name.utf8), isDeflated: isDeflated,
      checksum: UInt32(truncatingIfNeeded: checksum), packedSize: packed?.count ?? size, size: size,
      header: offset)
    let header = localHeader(member)
    try file.write(header)
    if let packed {
      try file.write(packed)
    } else {
      for index in unsafe pieces.indices { try unsafe file.write(pieces[index]) }
    }
    offset += header.count + member.packedSize
    members.append(member)
  }

  private func deflated(joining pieces: [UnsafeRawBufferPointer]) -> [UInt8] {
    if unsafe pieces.count == 1 { return unsafe PinionInterchange.deflated(pieces[0]) }
    let joined = unsafe pieces.flatMap { unsafe Array($0) }
    return unsafe joined.withUnsafeBytes { unsafe PinionInterchange.deflated($0) }
  }

  /// Writes the directory, with which the file is complete.
  func finish(_ file: borrowing FileWriter) throws {
    var bytes = LittleEndianBytes()
    for member in members { directoryEntry(member, &bytes) }
    let size = bytes.bytes.count
    let isWide = members.count >= Int(UInt16.max) || size >= wideFrom || offset >= wideFrom
    if isWide {
      bytes.append(ZipSignature.wideEnd)
      bytes.append(UInt64(ZipSignature.wideEndSize - 12))
      bytes.append([45, 45] as [UInt16])
      bytes.append([0, 0] as [UInt32])
      bytes.append([members.count, members.count, size, offset].map { UInt64($0) })
      bytes.append(ZipSignature.wideLocator)
      bytes.append(0 as UInt32)
      bytes.append(UInt64(offset + size))
      bytes.append(1 as UInt32)
    }
    bytes.append(ZipSignature.end)
    bytes.append(0 as UInt32)
    let count = isWide ? .max : UInt16(members.count)
    bytes.append([count, count])
    bytes.append(isWide ? [.max, .max] : [UInt32(size), UInt32(offset)])
    bytes.append(0 as UInt16)
    try file.write(bytes.bytes)
  }

  private func isWide(_ member: Member) -> Bool {
    max(member.size, member.packedSize, member.header) >= wideFrom
  }

  /// The fields that the local header and the directory share.
  private func appendCommon(_ member: Member, _ bytes: inout LittleEndianBytes) {
    // Version 4.5 for zip64, else 2.0; flag 11: the name is UTF-8.
    bytes.append([isWide(member) ? 45 : 20, 1 << 11, member.isDeflated ? 8 : 0] as [UInt16])
    // Midnight, 1980-01-01.
    bytes.append([0, 0x21] as [UInt16])
    bytes.append(member.checksum)
    let sizes = [member.packedSize, member.size]
    bytes.append(isWide(member) ? [.max, .max] : sizes.map { UInt32($0) })
    bytes.append(UInt16(member.name.count))
  }

  private func localHeader(_ member: Member) -> [UInt8] {
    var bytes = LittleEndianBytes()
    bytes.append(ZipSignature.localHeader)
    appendCommon(member, &bytes)
    bytes.append(isWide(member) ? 20 : 0 as UInt16)
    bytes.bytes += member.name
    if isWide(member) {
      bytes.append([ZipSignature.wideSizes, 16])
      bytes.append([UInt64(member.size), UInt64(member.packedSize)])
    }
    return bytes.bytes
  }

  private func directoryEntry(_ member: Member, _ bytes: inout LittleEndianBytes) {
    let isWide = isWide(member)
    bytes.append(ZipSignature.directoryEntry)
    // Made by Unix.
    bytes.append(0x0314 as UInt16)
    appendCommon(member, &bytes)
    bytes.append([isWide ? 28 : 0, 0, 0, 0] as [UInt16])
    // A regular file that all can read.
    bytes.append(0o100644 << 16 as UInt32)
    bytes.append(isWide ? .max : UInt32(member.header))
    bytes.bytes += member.name
    if isWide {
      bytes.append([ZipSignature.wideSizes, 24])
      bytes.append([UInt64(member.size), UInt64(member.packedSize), UInt64(member.header)])
    }
  }
}

/// Bytes to which little-endian integers are appended.
struct LittleEndianBytes {
  var bytes: [UInt8] = []

  mutating func append<Integer: FixedWidthInteger>(_ value: Integer) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe bytes += $0 }
  }

  mutating func append<Integer: FixedWidthInteger>(_ values: [Integer]) {
    for value in values { append(value) }
  }
}
