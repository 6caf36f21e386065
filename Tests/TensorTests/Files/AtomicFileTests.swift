import Foundation
import Glibc
import PinionTensor
import Synchronization
import Testing

@Suite struct AtomicFileTests {
  private struct Interruption: Error, Equatable {}

  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  @Test func writesAllKindsOfBytes() throws {
    let buffer = AlignedBuffer(count: 2)
    buffer.view[1] = 1
    try AtomicFile.write(to: folder["a"]) { file in
      try file.write("é")
      try file.write([1, 2] as [UInt8])
      try file.write(Data([3]))
      try withExtendedLifetime(buffer) { try file.write(buffer.view) }
      try file.write([UInt8]())
    }
    let expected = Data([0xC3, 0xA9, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0x80, 0x3F])
    #expect(try Data(contentsOf: folder["a"]) == expected)
    #expect(try folder.names == ["a"])
  }

  @Test func replacesAFileAndKeepsItsPermissions() throws {
    try AtomicFile.write("a longer text", to: folder["a"])
    #expect(chmod(folder["a"].path, 0o640) == 0)
    try AtomicFile.write("new", to: folder["a"])
    #expect(try String(contentsOf: folder["a"], encoding: .utf8) == "new")
    var status = stat()
    #expect(stat(folder["a"].path, &status) == 0)
    #expect(status.st_mode & 0o7777 == 0o640)
    #expect(try folder.names == ["a"])
  }

  @Test(arguments: ["target", "missing"]) func replacesALink(destination: String) throws {
    try AtomicFile.write("old", to: folder["target"])
    #expect(chmod(folder["target"].path, 0o600) == 0)
    #expect(symlink(destination, folder["link"].path) == 0)
    try AtomicFile.write("new", to: folder["link"])
    #expect(try String(contentsOf: folder["target"], encoding: .utf8) == "old")
    #expect(try String(contentsOf: folder["link"], encoding: .utf8) == "new")
    var status = stat()
    #expect(lstat(folder["link"].path, &status) == 0)
    #expect(status.st_mode & S_IFMT == S_IFREG)
    #expect(try folder.names == ["link", "target"])
  }

  @Test func refusesALinkToWhatIsNoFile() throws {
    for (destination, found) in [("/dev/null", "a special file"), ("/", "a directory")] {
      #expect(symlink(destination, folder["link"].path) == 0)
      let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: folder["link"]) }
      #expect(error?.found == found)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: folder["link"].path)
          == destination)
      #expect(unlink(folder["link"].path) == 0)
    }
  }

  /// As /dev/stdout, which stays what it is even if standard output is a regular file.
  @Test func refusesALinkToAnOpenFile() throws {
    try AtomicFile.write("old", to: folder["file"])
    let descriptor = open(folder["file"].path, O_RDWR | O_CLOEXEC)
    defer { close(descriptor) }
    for (name, destination) in [
      ("link", "/proc/self/fd/\(descriptor)"), ("further", "link"),
      ("closed", "/proc/self/fd/1000000"),
    ] {
      #expect(symlink(destination, folder[name].path) == 0)
      let error = #expect(throws: FileError.self) { try AtomicFile.checkWritable(folder[name]) }
      #expect(error?.found == "a link into /proc")
      #expect(throws: FileError.self) { try AtomicFile.write("x", to: folder[name]) }
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: folder[name].path)
          == destination)
    }
    #expect(try String(contentsOf: folder["file"], encoding: .utf8) == "old")
    #expect(try folder.names == ["closed", "file", "further", "link"])
  }

  @Test func aLookLeavesNothing() throws {
    try AtomicFile.write("old", to: folder["a"])
    try AtomicFile.checkWritable(folder["a"])
    try AtomicFile.checkWritable(folder["b"])
    for url in [folder.url, folder["a/b"], folder["missing/b"], URL(filePath: "/proc/b")] {
      #expect(throws: FileError.self) { try AtomicFile.checkWritable(url) }
    }
    #expect(try folder.names == ["a"])
    #expect(try String(contentsOf: folder["a"], encoding: .utf8) == "old")
  }

  @Test(arguments: [false, true]) func leavesNothingWhenTheBodyThrows(exists: Bool) throws {
    if exists { try AtomicFile.write("old", to: folder["a"]) }
    #expect(throws: Interruption()) {
      try AtomicFile.write(to: folder["a"]) { file in
        try file.write("half")
        throw Interruption()
      }
    }
    #expect(try folder.names == (exists ? ["a"] : []))
    if exists { #expect(try String(contentsOf: folder["a"], encoding: .utf8) == "old") }
  }

  @Test func theFinalNameIsFreeWhileTheBodyWrites() throws {
    try AtomicFile.write(to: folder["a"]) { file in
      try file.write("text")
      #expect(!FileManager.default.fileExists(atPath: folder["a"].path))
      #expect(try folder.names.allSatisfy { $0.hasPrefix(".pinion-") })
    }
  }

  @Test func aProgramKilledWhileTheBodyWritesWouldLeaveNothing() throws {
    let nameless = open(folder.url.path, O_WRONLY | O_DIRECTORY | 0o20_000_000, 0o600)
    guard nameless >= 0 else { try Test.cancel("this file system has no nameless files") }
    close(nameless)
    try AtomicFile.write(to: folder["a"]) { file in
      try file.write("text")
      #expect(try folder.names == [])
    }
    #expect(try folder.names == ["a"])
  }

  @Test func refusesWhatIsNoRegularFile() throws {
    #expect(mkfifo(folder["pipe"].path, 0o600) == 0)
    for (name, found) in [("pipe", "a special file"), ("", "a directory")] {
      let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: folder[name]) }
      #expect(error?.found == found)
    }
    #expect(try folder.names == ["pipe"])
  }

  @Test func namesWhatTheSystemRefuses() throws {
    try AtomicFile.write("x", to: folder["file"])
    let cases = [
      (folder["missing/a"], "No such file or directory"),
      (folder["file/a"], "Not a directory"),
      (folder[String(repeating: "n", count: 300)], "File name too long"),
    ]
    for (url, found) in cases {
      let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: url) }
      #expect(error?.found == found)
      #expect(error?.file == url.path)
    }
    let remote = try #require(URL(string: "https://example.org/a"))
    #expect(throws: FileError.self) { try AtomicFile.write("x", to: remote) }
    #expect(try folder.names == ["file"])
  }

  @Test func leavesNothingInADirectoryThatTakesNoFiles() throws {
    // Root may write anywhere but in the kernel's own file systems.
    let isRoot = geteuid() == 0
    if !isRoot { #expect(chmod(folder.url.path, 0o555) == 0) }
    let url = isRoot ? URL(filePath: "/proc/pinion-test") : folder["a"]
    let error = #expect(throws: FileError.self) { try AtomicFile.write("x", to: url) }
    #expect(error?.place == "creating a file beside it")
    if !isRoot { #expect(chmod(folder.url.path, 0o755) == 0) }
    #expect(try folder.names == [])
  }

  @Test func aFullDeviceIsAnError() throws {
    let descriptor = open("/dev/full", O_WRONLY)
    defer { close(descriptor) }
    let writer = FileWriter(descriptor: descriptor, file: "/dev/full")
    let error = #expect(throws: FileError.self) { try writer.write("text") }
    #expect(
      error
        == FileError(
          file: "/dev/full", place: "writing", expected: "room for 4 more bytes",
          found: "No space left on device"))
  }

  @Test func aFullDiskKeepsTheOldFile() throws {
    guard mount("tmpfs", folder.url.path, "tmpfs", 0, "size=64k") == 0 else {
      try Test.cancel("only root may mount a small file system")
    }
    defer { umount(folder.url.path) }
    try AtomicFile.write("old", to: folder["a"])
    let error = #expect(throws: FileError.self) {
      try AtomicFile.write([UInt8](repeating: 1, count: 100_000), to: folder["a"])
    }
    #expect(error?.found == "No space left on device")
    #expect(try folder.names == ["a"])
    #expect(try String(contentsOf: folder["a"], encoding: .utf8) == "old")
    try AtomicFile.write([UInt8](repeating: 1, count: 40_000), to: folder["b"])
    #expect(try folder.names == ["a", "b"])
  }

  @Test func concurrentWritersLeaveOneWholeFile() throws {
    let url = folder["a"]
    let failures = Atomic<Int>(0)
    ThreadPool(threads: 4).run(count: 40) { piece, _ in
      do {
        try AtomicFile.write([UInt8](repeating: UInt8(piece), count: 50_000), to: url)
      } catch {
        failures.add(1, ordering: .relaxed)
      }
    }
    #expect(failures.load(ordering: .relaxed) == 0)
    let bytes = try Data(contentsOf: url)
    #expect(bytes.count == 50_000)
    #expect(Set(bytes).count == 1)
    #expect(try folder.names == ["a"])
  }
}
