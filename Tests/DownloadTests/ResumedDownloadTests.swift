import Foundation
import PinionTestSupport
import Testing

@testable import PinionDownload

@Suite(.timeLimit(.minutes(10))) struct ResumedDownloadTests {
  let folder: TemporaryFolder
  let bytes = sampleBytes(300_000)

  init() throws { folder = try TemporaryFolder() }

  /// Leaves a partial file of 100,000 bytes, unless `change` modifies the response.
  func leavePart(
    of source: @autoclosure () -> DatasetSource, attempts: Int = 1
  ) async throws -> DownloadError {
    try #require(
      await #expect(throws: DownloadError.self) {
        try await downloader(into: folder, attempts: attempts).download(source())
      })
  }

  @Test func truncatedResponseIsResumedImmediately() async throws {
    let (bytes, calls) = (bytes, Counter())
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request)
      if calls.next() == 1 { reply.sent = 100_000 }
      return reply
    }
    let journal = Journal()
    try await downloader(into: folder, journal: journal)
      .download(source(bytes, at: server.url("data.bin")))
    #expect(folder.contents == ["test-set", "test-set/data.bin"])
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests.map(\.rangeStart) == [nil, 100_000])
    #expect(server.requests[1].headers["if-range"] == "\"1\"")
    #expect(journal.pauses.withLock { $0 } == [1])
  }

  @Test(arguments: [false, true]) func laterDownloadResumes(
    isReset: Bool
  ) async throws {
    let (folder, bytes, calls) = (folder, bytes, Counter())
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request)
      if calls.next() == 1 {
        (reply.sent, reply.isReset) = (100_000, isReset)
        // A reset discards data that have not been received.
        reply.isHeld = { folder.bytes("test-set/data.bin.part")?.count != 100_000 }
      }
      return reply
    }
    let source = source(bytes, at: server.url("data.bin"))
    let error = try await leavePart(of: source)
    #expect(error.reason == .connectionLost)
    #expect(error.expected == "300000 bytes")
    #expect(error.found == "the end after 100000 bytes")
    #expect(
      folder.contents == [
        "test-set", "test-set/data.bin.part", "test-set/data.bin.part.json",
      ])
    try await downloader(into: folder).download(source)
    #expect(folder.contents == ["test-set", "test-set/data.bin"])
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests.map(\.rangeStart) == [nil, 100_000])
  }

  @Test func serverWithoutRangesRestarts() async throws {
    let (bytes, calls) = (bytes, Counter())
    let server = try LoopbackServer { _ in
      HTTPReply(
        headers: ["ETag": "\"1\"", "Content-Length": "\(bytes.count)"], body: bytes,
        sent: calls.next() == 1 ? 100_000 : nil)
    }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests.map(\.rangeStart) == [nil, 100_000])
  }

  @Test func changedFileRestarts() async throws {
    let (bytes, calls) = (bytes, Counter())
    let old = sampleBytes(300_000, seed: 2)
    let server = try LoopbackServer { request in
      if calls.next() > 1 { return .file(bytes, for: request, tag: "\"new\"") }
      var reply = HTTPReply.file(old, for: request, tag: "\"old\"")
      reply.sent = 100_000
      return reply
    }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests[1].headers["if-range"] == "\"old\"")
  }

  @Test(arguments: [[:], ["ETag": "W/\"1\""]]) func missingValidatorRestarts(
    headers: [String: String]
  ) async throws {
    let (bytes, calls) = (bytes, Counter())
    let server = try LoopbackServer { _ in
      HTTPReply(
        headers: headers.merging(["Content-Length": "\(bytes.count)"]) { own, _ in own },
        body: bytes, sent: calls.next() == 1 ? 100_000 : nil)
    }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests.map(\.rangeStart) == [nil, nil])
  }

  @Test func lastModifiedIsAValidator() async throws {
    let (bytes, calls) = (bytes, Counter())
    let date = "Fri, 01 Sep 2017 12:00:00 GMT"
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request, tag: date)
      reply.headers["ETag"] = nil
      reply.headers["Last-Modified"] = date
      if calls.next() == 1 { reply.sent = 100_000 }
      return reply
    }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(server.requests.map(\.rangeStart) == [nil, 100_000])
    #expect(server.requests[1].headers["if-range"] == date)
  }

  @Test func corruptPartialFileIsDeleted() async throws {
    let (bytes, calls) = (bytes, Counter())
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request)
      if calls.next() == 1 { reply.sent = 100_000 }
      return reply
    }
    let source = source(bytes, at: server.url("data.bin"))
    _ = try await leavePart(of: source)
    let part = folder.url.appending(path: "test-set/data.bin.part")
    try Data(repeating: 0, count: 100_000).write(to: part)
    try await downloader(into: folder).download(source)
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(server.requests.map(\.rangeStart) == [nil, 100_000, nil])
  }

  @Test func partialFileOfUnknownOrOtherOriginIsDeleted() async throws {
    let bytes = bytes
    let server = try LoopbackServer { .file(bytes, for: $0) }
    let file = folder.url.appending(path: "test-set/data.bin")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    for origin in [
      "no JSON", #"{"url": "http://example.org/data.bin", "entityTag": "\"1\"", "count": 300000}"#,
    ] {
      try Data([9, 9, 9]).write(to: URL(filePath: file.path + ".part"))
      try Data(origin.utf8).write(to: URL(filePath: file.path + ".part.json"))
      try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
      #expect(folder.bytes("test-set/data.bin") == bytes)
      #expect(server.requests.last?.rangeStart == nil)
      try FileManager.default.removeItem(at: file)
    }
  }

  @Test func completePartialFileNeedsNoRequest() async throws {
    let bytes = bytes
    let server = try LoopbackServer { .file(bytes, for: $0) }
    let url = server.url("data.bin")
    let file = folder.url.appending(path: "test-set/data.bin")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(filePath: file.path + ".part"))
    try Data(#"{"url": "\#(url)", "entityTag": "\"1\""}"#.utf8)
      .write(to: URL(filePath: file.path + ".part.json"))
    try await downloader(into: folder).download(source(bytes, at: url))
    #expect(folder.contents == ["test-set", "test-set/data.bin"])
    #expect(server.requests.isEmpty)
  }

  @Test(arguments: ["bytes 5-299999/300000", "bytes 100000-199999/300000", "none"])
  func unrequestedRangeIsRefused(range: String) async throws {
    let (bytes, calls) = (bytes, Counter())
    let server = try LoopbackServer { request in
      var reply = HTTPReply.file(bytes, for: request)
      if calls.next() == 1 { reply.sent = 100_000 } else { reply.headers["Content-Range"] = range }
      return reply
    }
    let error = try await leavePart(
      of: source(bytes, at: server.url("data.bin")), attempts: 3)
    #expect(error.reason == .invalidResponse)
    #expect(error.found.contains(range))
    #expect(folder.contents == ["test-set"])
  }
}
