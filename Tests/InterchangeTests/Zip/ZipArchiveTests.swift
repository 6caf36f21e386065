import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionInterchange

/// Zip files that are changed at one place.
@Suite struct ZipArchiveTests {
  private let folder: TemporaryFolder
  private let file: URL

  init() throws {
    folder = try TemporaryFolder()
    file = folder.url.appending(path: "a.zip")
  }

  /// A file of two members, `first` and `second`, of four bytes each.
  private func archive(isDeflated: Bool = false) throws -> [UInt8] {
    try AtomicFile.write(to: file) { file in
      var zip = ZipWriter()
      let members: [(String, [UInt8])] = [("first", [1, 2, 3, 4]), ("second", [5, 6, 7, 8])]
      for (name, contents) in members {
        try contents.withUnsafeBytes { bytes in
          try zip.add(name, [bytes], isDeflated: isDeflated, to: file)
        }
      }
      try zip.finish(file)
    }
    return [UInt8](try Data(contentsOf: file))
  }

  private func read(_ bytes: [UInt8]) throws -> [[UInt8]] {
    try folder.write(bytes, to: "a.zip")
    let archive = try ZipArchive(FileReader(file))
    return try archive.entries.map { entry in
      try ZipSource(archive, entry).bytes(entry.size, place: "contents")
    }
  }

  /// The start of the first member's entry in the directory.
  private func directory(_ bytes: [UInt8]) throws -> Int {
    try #require(
      bytes.indices.first { bytes[$0...].starts(with: [0x50, 0x4b, 1, 2]) })
  }

  @Test(arguments: [false, true]) func membersAreRead(isDeflated: Bool) throws {
    #expect(try read(archive(isDeflated: isDeflated)) == [[1, 2, 3, 4], [5, 6, 7, 8]])
  }

  @Test func commentsAreSkipped() throws {
    var bytes = try archive()
    bytes[bytes.count - 2] = 3
    #expect(try read(bytes + [0x50, 0x4b, 5]).count == 2)
  }

  @Test func noMembers() throws {
    let end: [UInt8] = [0x50, 0x4b, 5, 6] + [UInt8](repeating: 0, count: 18)
    #expect(try read(end).isEmpty)
    #expect(throws: FileError.self) { try read([]) }
    #expect(throws: FileError.self) { try read(Array(end.dropLast())) }
  }

  @Test(
    arguments: [
      // A field of the directory's first member, its value, and what the error names.
      (8, [1, 0], "encryption"), (10, [9, 0], "method"), (34, [1, 0], "disk"),
      (16, [0, 0, 0, 0], "checksum"), (20, [5, 0, 0, 0], "size"), (24, [5, 0, 0, 0], "size"),
      (42, [1, 0, 0, 0], "local header"), (42, [39, 0, 0, 0], "bytes of its own"),
      (42, [255, 255, 255, 255], "bytes of its own"), (28, [6, 0], "bytes"),
    ] as [(Int, [UInt8], String)])
  func changedFieldsAreRefused(offset: Int, value: [UInt8], expected: String) throws {
    var bytes = try archive()
    let start = try directory(bytes) + offset
    bytes.replaceSubrange(start..<start + value.count, with: value)
    let error = #expect(throws: FileError.self) { try read(bytes) }
    #expect(error.map { "\($0)".contains(expected) } == true, "\(error?.description ?? "")")
  }

  @Test func twoMembersOfOneNameAreRefused() throws {
    var bytes = try archive()
    let name = Array("second".utf8)
    for start in bytes.indices.reversed() where bytes[start...].starts(with: name) {
      bytes.replaceSubrange(start..<start + 6, with: Array("secon".utf8) + [0])
    }
    #expect(try read(bytes).count == 2)
    try AtomicFile.write(to: file) { file in
      var zip = ZipWriter()
      for _ in 0..<2 { try zip.add("a", [], isDeflated: false, to: file) }
      try zip.finish(file)
    }
    #expect(throws: FileError.self) { try ZipArchive(FileReader(file)) }
  }

  @Test func contentsAreCompared() throws {
    var bytes = try archive()
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: [5, 6, 7, 8]) })
    bytes[place] = 0
    let error = #expect(throws: FileError.self) { try read(bytes) }
    #expect(error?.place == "member \"second\"")
  }

  /// More than deflate's ratio allows.
  @Test func impossibleSizesAreRefused() throws {
    var bytes = try archive(isDeflated: true)
    let start = try directory(bytes) + 24
    bytes.replaceSubrange(start..<start + 4, with: [0, 0, 0, 64])
    let error = #expect(throws: FileError.self) { try read(bytes) }
    #expect(error?.found == "1073741824 bytes")
  }
}
