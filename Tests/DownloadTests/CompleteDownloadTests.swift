import Foundation
import PinionData
import Testing

@testable import PinionDownload

@Suite(.timeLimit(.minutes(10))) struct CompleteDownloadTests {
  let folder: TemporaryFolder
  let bytes = sampleBytes(300_000)

  init() throws { folder = try TemporaryFolder() }

  @Test func aFileComesUnderItsNameAndNotTwice() async throws {
    let bytes = bytes
    let server = try LoopbackServer { .file(bytes, for: $0) }
    let journal = Journal()
    let source = source(bytes, at: server.url("data.bin"))
    let downloader = downloader(into: folder, journal: journal)
    let place = try await downloader.download(source)
    #expect(place == folder.url.appending(path: "test-set", directoryHint: .isDirectory))
    #expect(folder.contents == ["test-set", "test-set/data.bin"])
    #expect(folder.bytes("test-set/data.bin") == bytes)
    let progress = journal.progress.withLock { $0 }
    #expect(progress.last?.phase == .finished)
    #expect(progress.allSatisfy { $0.total == bytes.count && $0.completed <= bytes.count })
    #expect(progress.contains { $0.phase == .verifying && $0.completed == bytes.count })
    try await downloader.download(source)
    #expect(server.requests.count == 1)
    #expect(server.requests[0].path == "/data.bin")
    #expect(server.requests[0].headers["accept-encoding"] == "identity")
  }

  @Test func aWrongFileUnderTheNameIsReplaced() async throws {
    let bytes = bytes
    let server = try LoopbackServer { .file(bytes, for: $0) }
    let file = folder.url.appending(path: "test-set/data.bin")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data([1, 2, 3]).write(to: file)
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
  }

  @Test func redirectionsAreFollowed() async throws {
    let bytes = bytes
    let server = try LoopbackServer { request in
      switch request.path {
      case "/data.bin": .status("302 Found", ["Location": "/elsewhere"])
      case "/elsewhere": .status("307 Temporary Redirect", ["Location": "/there/data"])
      default: .file(bytes, for: request)
      }
    }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests.map(\.path) == ["/data.bin", "/elsewhere", "/there/data"])
  }

  @Test func anAnswerWithoutALengthIsTaken() async throws {
    let bytes = bytes
    let server = try LoopbackServer { _ in HTTPReply(body: bytes) }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
  }

  @Test func offlineAsksNobody() async throws {
    let bytes = bytes
    let server = try LoopbackServer { .file(bytes, for: $0) }
    let source = source(bytes, at: server.url("data.bin"))
    let error = await #expect(throws: DownloadError.self) {
      try await downloader(into: folder, isOffline: true).download(source)
    }
    #expect(error?.reason == .offline)
    #expect(error?.url == server.url("data.bin"))
    #expect(error?.expected.contains("test-set/data.bin") == true)
    #expect(folder.contents == [])
    try await downloader(into: folder).download(source)
    try await downloader(into: folder, isOffline: true).download(source)
    #expect(server.requests.count == 1)
  }

  @Test func onlyOneWritesAPart() async throws {
    let bytes = bytes
    let server = try LoopbackServer { .file(bytes, for: $0) }
    let source = source(bytes, at: server.url("data.bin"))
    let file = folder.url.appending(path: "test-set/data.bin")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    var part = try PartialFile(of: file)
    #expect(part != nil)
    let error = await #expect(throws: DownloadError.self) {
      try await downloader(into: folder).download(source)
    }
    #expect(error?.reason == .busy)
    #expect(server.requests.isEmpty)
    part = nil
    try await downloader(into: folder).download(source)
    #expect(folder.bytes("test-set/data.bin") == bytes)
  }

  @Test func aCancelledDownloadKeepsItsPart() async throws {
    let bytes = bytes
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request)
      if request.rangeStart == nil { (reply.sent, reply.isHeld) = (100_000, { true }) }
      return reply
    }
    let source = source(bytes, at: server.url("data.bin"))
    // The task that downloads is cancelled out of itself, as soon as something has arrived.
    var options = DownloadOptions()
    options.stallTimeout = 600
    let running = DatasetDownloader(cache: folder.url, options: options) { progress in
      if progress.completed > 0 { withUnsafeCurrentTask { $0?.cancel() } }
    }
    let task = Task { try await running.download(source) }
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(folder.bytes("test-set/data.bin") == nil)
    #expect(folder.bytes("test-set/data.bin.part")?.isEmpty == false)
    try await downloader(into: folder).download(source)
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests.last?.rangeStart != nil)
  }
}
