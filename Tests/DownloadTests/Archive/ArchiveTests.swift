import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionDownload

@Suite(.timeLimit(.minutes(10))) struct ArchiveTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Downloads an archive that must contain `test-set/data.bin` of three bytes.
  func download(_ archive: [UInt8]) async throws {
    let server = try LoopbackServer { .file(archive, for: $0) }
    try await downloader(into: folder).download(
      source(
        archive, at: server.url("set.tar.gz"), contents: [ArchiveFile("data.bin", size: 3)]))
  }

  @Test func archiveIsUnpackedAndRemoved() async throws {
    let long = String(repeating: "long-", count: 30)
    try await download(
      gzip(
        Tar.archive([
          .directory("test-set/"), .file("./test-set//data.bin"),
          Tar(name: "old/", type: "\0", magic: ""),
          Tar(name: "test-set/empty", type: "\0", magic: ""),
          Tar(name: "name", contents: [4], prefix: "test-set/prefix"),
          Tar(name: "ignored", contents: [6], prefix: "test-set", magic: "ustar  \0"),
          Tar(name: "././@LongLink", type: "L", contents: Array("test-set/\(long)\0".utf8)),
          .file("test-set/cut off", [5]),
          Tar(name: "pax", type: "g", contents: Tar.record("comment", "none")),
          Tar(
            name: "pax", type: "x",
            contents: Tar.record("mtime", "1.5") + Tar.record("path", "test-set/\(long)ü")),
          .file("test-set/another", [6]),
        ])))
    #expect(
      folder.contents == [
        "test-set", "test-set/data.bin", "test-set/empty", "test-set/prefix",
        "test-set/prefix/name", "test-set/\(long)", "test-set/\(long)ü",
      ])
    #expect(folder.bytes("test-set/data.bin") == [1, 2, 3])
    #expect(folder.bytes("test-set/\(long)ü") == [6])
    #expect(folder.bytes("test-set/prefix/name") == [4])
  }

  @Test func binaryAndPaxSizesAreRead() throws {
    var binary = Tar.file("a", [1, 2]).bytes
    for (index, byte) in ([0x80] + [UInt8](repeating: 0, count: 10) + [2]).enumerated() {
      binary[124 + index] = byte
    }
    let file = folder.url.appending(path: "archive")
    for bytes in [
      try fixed(binary),
      Tar(name: "pax", type: "x", contents: Tar.record("size", "2")).bytes
        + Tar(name: "a", contents: [1, 2], size: "00000000000").bytes,
    ] {
      try Data(bytes + [UInt8](repeating: 0, count: 1024)).write(to: file)
      let tar = try TarReader(.init(file))
      #expect(try tar.next() == TarEntry(kind: .file, path: ["a"], size: 2))
      #expect(try tar.next() == nil)
    }
  }

  /// Updates the header's checksum.
  private func fixed(_ bytes: [UInt8]) throws -> [UInt8] {
    var bytes = bytes
    bytes.replaceSubrange(148..<156, with: Array("        ".utf8))
    let sum = bytes[..<512].reduce(0) { $0 + Int($1) }
    bytes.replaceSubrange(148..<156, with: Array(String(format: "%06o\0 ", sum).utf8))
    return bytes
  }

  static let invalid: [(entries: [Tar], found: String)] = [
    ([.file("../escaped")], "\"..\""),
    ([.file("test-set/../../escaped")], "\"..\""),
    ([.directory("test-set/..")], "\"..\""),
    ([.file("/tmp/pinion-escaped")], "an absolute path"),
    ([Tar(name: "escaped", contents: [1], prefix: "..")], "\"..\""),
    ([Tar(name: "x", type: "L", contents: Array("../escaped".utf8)), .file("x")], "\"..\""),
    (
      [Tar(name: "x", type: "x", contents: Tar.record("path", "/escaped")), .file("x")],
      "an absolute path"
    ),
    ([Tar(name: "test-set/l", type: "2", link: "/etc")], "a symbolic link"),
    ([Tar(name: "test-set/l", type: "1", link: "/etc/passwd")], "a hard link"),
    ([Tar(name: "test-set/d", type: "3")], "a character device"),
    ([Tar(name: "test-set/d", type: "4")], "a block device"),
    ([Tar(name: "test-set/p", type: "6")], "a named pipe"),
    ([Tar(name: "test-set/s", type: "S")], "type \"S\""),
    ([Tar(name: "test-set/s\n", type: "K", contents: [1]), .file("x")], "type \"K\""),
    ([.file("")], "an empty one"),
    (
      [
        Tar(
          name: "x", type: "L", contents: Array(String(repeating: "n", count: 300).utf8)),
        .file("x"),
      ], "a longer component"
    ),
    ([.file("test-set/data.bin"), .file("test-set/data.bin")], "File exists"),
    ([.file("test-set"), .file("test-set/data.bin")], "Not a directory"),
    (
      [Tar(name: "test-set/data.bin", size: "77777777777")],
      "1 entries and 8589934591 bytes"
    ),
    ([Tar(name: "test-set/data.bin", size: "00003700000")], "the end of the archive"),
    ([Tar(name: "test-set/data.bin", size: "0000000000x")], "an invalid number"),
    ([Tar(name: "test-set/data.bin", size: "-0000000001")], "an invalid number"),
    ([Tar(name: "test-set/data.bin", size: "\u{7f}")], "an invalid number"),
    ([Tar(name: "test-set/data.bin", contents: [1, 2, 3], sumIsWrong: true)], "header"),
    (
      [Tar(name: "x", type: "x", contents: Array("99 path=a\n".utf8)), .file("a")],
      "an invalid length"
    ),
    ([Tar(name: "x", type: "x", contents: Array("7 path\n".utf8)), .file("a")], "no \"=\""),
    (
      [Tar(name: "x", type: "x", contents: Tar.record("size", "-1")), .file("a")], "an invalid one"
    ),
    ([Tar(name: "x", type: "L", size: "00000777777")], "262143"),
    ([Tar(name: "test-set/", type: "5", contents: [1])], "1 bytes"),
    ([.file("test-set/data.bin", [1, 2])], "2 bytes"),
    ([.file("test-set/another")], "no such file"),
    ([.file("data.bin")], "no such file"),
    ([.directory("test-set/data.bin")], "no such file"),
    ([], "no such file"),
    // Many entries that compress to few bytes.
    ([Tar](repeating: Tar(name: "x", type: "g"), count: 9) + [.file("test-set/data.bin")], "more"),
    (
      (0..<40).flatMap { index in
        [
          Tar(
            name: "x", type: "x", contents: Tar.record("a", String(repeating: "a", count: 60_000))),
          .directory("test-set/\(index)"),
        ]
      }, "more"
    ),
    ([.directory(String(repeating: "d/", count: 33))], "33"),
    ([Tar](repeating: .directory("test-set/"), count: 1_001), "entry 1001"),
  ]

  @Test(arguments: invalid) func invalidArchiveLeavesNoFiles(
    entries: [Tar], found: String
  ) async throws {
    let error = await #expect(throws: FileError.self) {
      try await download(gzip(Tar.archive(entries)))
    }
    // The archive has the right checksum and is kept; only the folder must not exist.
    #expect(folder.contents == ["set.tar.gz"])
    #expect(error?.description.contains(found) == true, "\(error?.description ?? "")")
    #expect(!FileManager.default.fileExists(atPath: "/tmp/pinion-escaped"))
  }

  @Test func trailingZerosAreLimited() async throws {
    let whole = Tar.archive([.file("test-set/data.bin")])
    let padding = [UInt8](repeating: 0, count: 1 << 20)
    let error = await #expect(throws: FileError.self) {
      try await download(gzip(whole) + gzip(padding + padding + padding + padding))
    }
    #expect(error?.found == "more")
    #expect(folder.contents == ["set.tar.gz"])
    try FileManager.default.removeItem(at: folder.url.appending(path: "set.tar.gz"))
    try await download(gzip(whole) + gzip(padding))
    #expect(folder.bytes("test-set/data.bin") == [1, 2, 3])
  }

  /// Small files that would unpack to a gigabyte, in a process of its own.
  @Test func memoryAndTimeAreBoundedByTheArchiveSize() async {
    await #expect(processExitsWith: .success) {
      let million = [UInt8](repeating: 0, count: 1 << 20)
      let bomb = Array(repeating: gzip(million), count: 1_000).joined()
      func header(_ name: String, _ type: Character = "0", size: String) -> [UInt8] {
        gzip(Tar(name: name, type: type, size: size).bytes)
      }
      let archives: [(name: String, bytes: [UInt8])] = [
        ("a large file", header("test-set/data.bin", size: "10000000000") + bomb),
        ("a long name", header("name", "L", size: "10000000000") + bomb),
        ("pax", header("name", "x", size: "10000000000") + bomb),
        ("zeros", gzip(million) + bomb),
        ("entries", gzip((0..<20_000).flatMap { Tar.file("\($0)", []).bytes })),
        (
          "names",
          gzip(
            Array(
              repeating: Tar(name: "n", type: "L", contents: Array(million[..<60_000])).bytes,
              count: 300
            ).flatMap(\.self))
        ),
        (
          "folders",
          gzip(
            (0..<900).flatMap { Tar.directory("\($0)/" + String(repeating: "d/", count: 7)).bytes }
          )
        ),
      ]
      for (name, bytes) in archives {
        let folder = try TemporaryFolder()
        let archive = folder.url.appending(path: "archive")
        try Data(bytes).write(to: archive)
        let place = folder.url.appending(path: "contents")
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        let usage = try ProcessUsage()
        #expect(throws: FileError.self, "\(name)") {
          try ArchiveUnpacker(archive: archive, folder: place, byteLimit: 1 << 20).run { _ in }
        }
        let excess = try usage.excess(overFileOf: bytes.count)
        #expect(excess == nil, "\(name)")
      }
    }
  }

  @Test func truncationAndTrailingBytesAreInvalid() async throws {
    let whole = Tar.archive([.file("test-set/data.bin")])
    let packed = gzip(whole)
    for bytes in [
      gzip(Array(whole.dropLast(1024))), gzip(Array(whole.prefix(700))),
      gzip(Array(whole.prefix(100))), gzip(whole + [1]), Array(packed.dropLast(4)), packed + [1],
      [],
    ] {
      await #expect(throws: FileError.self) { try await download(bytes) }
      #expect(folder.contents == ["set.tar.gz"])
    }
  }

  @Test func leftoverFolderIsRemoved() async throws {
    let stale = folder.url.appending(path: ".pinion-test.unpacking/test-set/junk")
    try FileManager.default.createDirectory(at: stale, withIntermediateDirectories: true)
    try await download(gzip(Tar.archive([.file("test-set/data.bin")])))
    #expect(folder.contents == ["test-set", "test-set/data.bin"])
  }

  @Test func incompleteFolderIsReplaced() async throws {
    let place = folder.url.appending(path: "test-set")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    try Data([0]).write(to: place.appending(path: "data.bin"))
    try Data([0]).write(to: place.appending(path: "mine"))
    try await download(gzip(Tar.archive([.file("test-set/data.bin")])))
    #expect(folder.contents == ["test-set", "test-set/data.bin", "test-set/mine"])
    #expect(folder.bytes("test-set/data.bin") == [1, 2, 3])
  }

  @Test func installedArchiveIsNotDownloadedAgain() async throws {
    let archive = gzip(Tar.archive([.file("test-set/data.bin")]))
    let server = try LoopbackServer { .file(archive, for: $0) }
    let source = source(
      archive, at: server.url("set.tar.gz"), contents: [ArchiveFile("data.bin", size: 3)])
    try await downloader(into: folder).download(source)
    try await downloader(into: folder).download(source)
    try await downloader(into: folder, isOffline: true).download(source)
    #expect(server.requests.count == 1)
  }
}
