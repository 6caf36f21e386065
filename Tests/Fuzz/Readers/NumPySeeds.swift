import Foundation
import PinionInterchange
import PinionTensor

/// Arrays of NumPy, and archives of them.
enum NumPySeeds {
  /// Of each version and type, in both byte orders and both orders of the axes.
  static var arrays: [[UInt8]] {
    get throws {
      let files = try (1...3).map { version in
        try ModelSeeds.fixture("interchange/numpy_version\(version).npy")
      }
      let types = try ModelSeeds.fixture("interchange/numpy_types.npz")
      return files + (ZipMember.all(of: types) ?? []).map(\.contents)
        + [
          array("<f4", "(2, 3)", isFortran: true, bytes: 24), array("<f4", "(3L)", bytes: 12),
          // Numbers that only some types can represent.
          array("<f8", "(1,)", bytes: 0) + withUnsafeBytes(of: 1e300) { Array($0) },
          array("<i8", "(1,)", bytes: 0) + Endian.little(.max, 8),
        ]
    }
  }

  /// An array of zeros, with a header of version 1.
  static func array(
    _ type: String, _ shape: String, isFortran: Bool = false, bytes: Int
  ) -> [UInt8] {
    let order = isFortran ? "True" : "False"
    let header = "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
    return magic + [1, 0] + Endian.little(header.utf8.count, 2) + header.utf8
      + [UInt8](repeating: 0, count: bytes)
  }

  private static let magic = [0x93] + Array("NUMPY".utf8)

  static var wrongArrays: [[UInt8]] {
    get throws {
      let axes = String(repeating: "1,", count: 65)
      return [
        array("<c8", "(1,)", bytes: 8), array("<f4", "(\(axes))", bytes: 4),
        array("<f4", "(4611686018427387904,)", bytes: 4), array("<f4", "(2,)", bytes: 4),
        array("<f4", "(2, x)", bytes: 4), array("<f4", "(2", bytes: 4), array("<f4", "3", bytes: 4),
        array("<O8", "(1,)", bytes: 8), magic + [4, 0, 0, 0], magic + [1, 0, 9, 0],
        magic + [2, 0] + Endian.little(1 << 20, 4), Array("some text of a file".utf8),
        Array("text".utf8),
        magic + [1, 0, 5, 0] + Array("{'a':".utf8), magic + [1, 0, 2, 0] + Array("{1".utf8),
        magic + [1, 0, 8, 0] + Array("{'a': 1 ".utf8),
        magic + [1, 0, 15, 0] + Array("{'descr': '<f4']".utf8),
        magic + [1, 0, 2, 0] + Array("{}".utf8), magic + [1, 0, 3, 0] + Array("{}x".utf8),
        magic + [1, 0, 9, 0] + Array("{'descr'}".utf8), magic + [1, 0, 3, 0] + Array("{'a".utf8),
        magic + [1, 0, 22, 0] + Array("{'fortran_order': None".utf8),
      ]
    }
  }

  @Sendable static func archives(_ scratch: ScratchFile) throws -> [[UInt8]] {
    let entries: [NumPyArchive.Entry] = [
      .init("a", Tensor([[1, 2], [3, 4]])), .init("b/c", Tensor([0.5])),
      .init("empty", Tensor(shape: [0], elements: [])),
    ]
    let files = try [false, true].map { isCompressed in
      try NumPyArchive.write(entries, to: scratch.url("zip"), isCompressed: isCompressed)
      return try scratch.bytes("zip")
    }
    return files
      + (try ["zip64", "compressed", "types"].map {
        try ModelSeeds.fixture("interchange/numpy_\($0).npz")
      })
  }

  static let wrongArchives: [[UInt8]] = {
    let contents = array("<f4", "(1,)", bytes: 4)
    func member(_ name: String, isDeflated: Bool = false) -> ZipMember {
      ZipMember(name: Array(name.utf8), contents: contents, isDeflated: isDeflated)
    }
    /// Changes a field of an archive's first record of a type: 1 for a member of the directory, 3
    /// for its header, 5 for the end, 6 for the end of large archives, and 7 for its place.
    func changed(_ archive: [UInt8], _ type: UInt8, _ place: Int, _ value: [UInt8]) -> [UInt8] {
      var bytes = archive
      let second: UInt8 = type == 6 ? 6 : type == 7 ? 7 : type + 1
      let start = bytes.firstRange(of: [0x50, 0x4B, min(type, 6), second])
      guard let start = start?.lowerBound else { return [] }
      bytes.replaceSubrange(start + place..<start + place + value.count, with: value)
      return bytes
    }
    let one = ZipMember.archive([member("a.npy")])
    let deflated = ZipMember.archive([member("a.npy", isDeflated: true)])
    // Contents of fewer bytes than the array in them.
    let short = array("<f4", "(2,)", bytes: 4)
    let ending = ZipMember.archive([
      ZipMember(name: Array("a.npy".utf8), contents: short, isDeflated: true)
    ])
    let whole = Endian.little(short.count + 4, 4)
    // A directory with bytes behind its members, and one of more members than there are.
    let end = one.count - 22
    let size = Endian.number(one[(end + 12)..<(end + 16)]) + 46
    let longer = one[..<end] + [UInt8](repeating: 0, count: 46) + one[end...]
    let commented = changed(Array(longer), 1, 32, Endian.little(46, 2))
    let wide = (try? ModelSeeds.fixture("interchange/numpy_zip64.npz")) ?? []
    return [
      ZipMember.archive([member("a.npy"), member("a.npy")]), ZipMember.archive([member("a.txt")]),
      changed(Array(longer), 5, 12, Endian.little(size, 4)),
      changed(changed(commented, 5, 12, Endian.little(size, 4)), 5, 8, [2, 0, 2, 0]),
      changed(one, 5, 8, [9, 0, 9, 0]), changed(one, 5, 4, [1, 0]), changed(one, 5, 16, [0, 0]),
      changed(one, 1, 8, [1, 0]), changed(one, 1, 10, [9, 0]), changed(one, 1, 34, [1, 0]),
      changed(one, 1, 24, [9]), changed(one, 1, 16, [1, 2, 3, 4]), changed(one, 1, 42, [9]),
      changed(one, 1, 28, [0xFF, 0xFF]), changed(one, 3, 8, [8]), changed(one, 3, 26, [9]),
      changed(changed(deflated, 1, 24, [0, 1]), 3, 22, [0, 1]),
      changed(changed(deflated, 1, 24, [9]), 3, 22, [9]), changed(deflated, 3, 36, [0xFF, 0xFF]),
      changed(changed(ending, 1, 24, whole), 3, 22, whole),
      changed(wide, 6, 16, [1]), changed(wide, 7, 8, [1]), changed(wide, 6, 40, [1]),
      changed(wide, 1, 24, [1]),
      one.dropLast(), [],
    ].map { Array($0) }
  }()
}
