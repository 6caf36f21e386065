import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionDownload

@Suite(
  .enabled(if: SmallDisk.isPossible, "only root can mount a small disk"), .timeLimit(.minutes(10)))
struct FullDiskTests {
  let disk: SmallDisk
  let bytes = sampleBytes(400_000)

  init() throws { disk = try SmallDisk(kilobytes: 256) }

  func downloader() -> DatasetDownloader { DatasetDownloader(cache: disk.url) }

  @Test func downloadWithoutRoomDoesNotStart() async throws {
    let server = try LoopbackServer { [bytes] in .file(bytes, for: $0) }
    let error = await #expect(throws: FileError.self) {
      try await downloader().download(source(bytes, at: server.url("data.bin")))
    }
    #expect(error?.file.hasSuffix("test-set/data.bin.part") == true)
    #expect(error?.expected == "400000 bytes of free disk space")
    #expect(disk.contents == ["test-set"])
    #expect(server.requests.count == 1)
  }

  /// Another process fills the disk during the download.
  @Test func downloadResumesAfterFullDisk() async throws {
    let bytes = Array(bytes.prefix(200_000))
    let ballast = disk.url.appending(path: "ballast")
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request)
      if request.rangeStart == nil {
        reply.pace = (50_000, 0)
        reply.goesOn = { FileManager.default.fileExists(atPath: ballast.path) }
      }
      return reply
    }
    let source = source(bytes, at: server.url("data.bin"))
    let running = DatasetDownloader(cache: disk.url) { progress in
      guard progress.phase == .receiving, progress.completed > 0,
        !FileManager.default.fileExists(atPath: ballast.path)
      else { return }
      try? Data(count: 150_000).write(to: ballast, options: .atomic)
    }
    let error = await #expect(throws: FileError.self) { try await running.download(source) }
    #expect(error?.found == "No space left on device")
    #expect(error?.file.hasSuffix("test-set/data.bin.part") == true)
    #expect(
      disk.contents == [
        "ballast", "test-set", "test-set/data.bin.part", "test-set/data.bin.part.json",
      ])
    try FileManager.default.removeItem(at: ballast)
    try await downloader().download(source)
    #expect(try Data(contentsOf: disk.url.appending(path: "test-set/data.bin")) == Data(bytes))
    #expect(server.requests.last?.rangeStart ?? 0 > 0)
    #expect(disk.contents == ["test-set", "test-set/data.bin"])
  }

  /// The disk has room for the archive, but not for its contents.
  @Test func archiveWithoutRoomIsNotUnpacked() async throws {
    let contents = [UInt8](repeating: 7, count: 1_000_000)
    let archive = gzip(Tar.archive([.file("test-set/data.bin", contents)]))
    let server = try LoopbackServer { .file(archive, for: $0) }
    let source = source(
      archive, at: server.url("set.tar.gz"),
      contents: [ArchiveFile("data.bin", size: contents.count)])
    let error = await #expect(throws: FileError.self) { try await downloader().download(source) }
    #expect(error?.found == "No space left on device")
    #expect(disk.contents == ["set.tar.gz"])
  }
}

@Suite(.timeLimit(.minutes(10))) struct FullOutputTests {
  @Test func listThatIsLostIsAnError() throws {
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    let process = Process()
    process.executableURL = KilledDownloadTests.command
    process.arguments = ["list"]
    process.standardOutput = full
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    #expect(text.contains("standard output: writing"), "\(text)")
  }
}
