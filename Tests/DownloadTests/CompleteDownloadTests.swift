import Foundation
import PinionData
import PinionTestSupport
import Testing

@testable import PinionDownload

@Suite(.timeLimit(.minutes(10))) struct CompleteDownloadTests {
  let folder: TemporaryFolder
  let bytes = sampleBytes(300_000)

  init() throws { folder = try TemporaryFolder() }

  @Test func fileIsDownloadedOnce() async throws {
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

  @Test func invalidFileIsReplaced() async throws {
    let bytes = bytes
    let server = try LoopbackServer { .file(bytes, for: $0) }
    let file = folder.url.appending(path: "test-set/data.bin")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data([1, 2, 3]).write(to: file)
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
  }

  @Test func redirectsAreFollowed() async throws {
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

  @Test func responseWithoutLengthIsAccepted() async throws {
    let bytes = bytes
    let server = try LoopbackServer { _ in HTTPReply(body: bytes) }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
  }

  @Test func offlineMakesNoRequests() async throws {
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

  @Test func partialFileHasOneWriter() async throws {
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

  @Test func canceledDownloadKeepsPartialFile() async throws {
    let bytes = bytes
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request)
      if request.rangeStart == nil { (reply.sent, reply.isHeld) = (100_000, { true }) }
      return reply
    }
    let source = source(bytes, at: server.url("data.bin"))
    // The download cancels its own task as soon as data have arrived.
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
