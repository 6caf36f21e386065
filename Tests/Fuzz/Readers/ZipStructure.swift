extension Structure {
  /// The names and contents of a zip archive's members, with lengths, checksums and directory.
  static func zip(_ inner: @escaping @Sendable (_ name: String) -> Structure? = { _ in nil })
    -> Structure
  {
    Structure { file in
      guard let members = ZipMember.all(of: file) else { return nil }
      let parts = members.flatMap { member in
        [
          Split.Part(member.name),
          Split.Part(member.contents, inner(String(decoding: member.name, as: UTF8.self))),
        ]
      }
      return Split(parts: parts) { parts in
        ZipMember.archive(
          members.indices.map { index in
            var member = members[index]
            (member.name, member.contents) = (parts[2 * index], parts[2 * index + 1])
            return member
          })
      }
    }
  }
}

/// A member of a zip archive (PKWARE's APPNOTE, sections 4.3.7, 4.3.12 and 4.3.16).
struct ZipMember {
  var name: [UInt8]
  var contents: [UInt8]
  var isDeflated: Bool

  /// The members of an archive; nil if it is broken or has large sizes.
  static func all(of file: [UInt8]) -> [ZipMember]? {
    guard file.count >= 22 else { return nil }
    let end = file.count - 22
    guard file[end..<end + 4] == [0x50, 0x4B, 5, 6] else { return nil }
    func number(_ position: Int, _ count: Int) -> Int? {
      guard position >= 0, position + count <= file.count else { return nil }
      return Endian.number(file[position..<position + count])
    }
    func bytes(_ position: Int, _ count: Int) -> ArraySlice<UInt8>? {
      guard position >= 0, count <= file.count - position else { return nil }
      return file[position..<position + count]
    }
    guard let count = number(end + 10, 2), var entry = number(end + 16, 4) else { return nil }
    var members: [ZipMember] = []
    for _ in 0..<count {
      guard let method = number(entry + 10, 2), let packed = number(entry + 20, 4),
        let nameSize = number(entry + 28, 2), let extra = number(entry + 30, 2),
        let comment = number(entry + 32, 2), let local = number(entry + 42, 4),
        let name = bytes(entry + 46, nameSize), let localName = number(local + 26, 2),
        let localExtra = number(local + 28, 2),
        let data = bytes(local + 30 + localName + localExtra, packed)
      else { return nil }
      let contents = method == 0 ? Array(data) : Deflate.inflated(Array(data), windowBits: -15)
      guard let contents else { return nil }
      members.append(
        ZipMember(name: Array(name), contents: contents, isDeflated: method != 0))
      entry += 46 + nameSize + extra + comment
    }
    return members
  }

  static func archive(_ members: [ZipMember]) -> [UInt8] {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for member in members {
      let data = member.isDeflated ? rawDeflated(member.contents) : member.contents
      let common =
        [20, 0, 0, 0, member.isDeflated ? 8 : 0, 0, 0, 0, 0x21, 0]
        + Endian.little(Endian.crc32(member.contents), 4) + Endian.little(data.count, 4)
        + Endian.little(member.contents.count, 4) + Endian.little(member.name.count, 2) + [0, 0]
      directory += [0x50, 0x4B, 1, 2, 20, 0] + common + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
      directory += Endian.little(bytes.count, 4) + member.name
      bytes += [0x50, 0x4B, 3, 4] + common + member.name + data
    }
    return bytes + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0]
      + Endian.little(members.count, 2) + Endian.little(members.count, 2)
      + Endian.little(directory.count, 4) + Endian.little(bytes.count, 4) + [0, 0]
  }

  /// A zlib stream without its two bytes in front and four behind.
  private static func rawDeflated(_ bytes: [UInt8]) -> [UInt8] {
    Array(Deflate.deflated(bytes).dropFirst(2).dropLast(4))
  }
}
