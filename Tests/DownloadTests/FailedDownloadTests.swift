import Foundation
import PinionTestSupport
import Testing

@testable import PinionDownload

/// No file gets its final name after a failure.
@Suite(.timeLimit(.minutes(10))) struct FailedDownloadTests {
  let folder: TemporaryFolder
  let bytes = sampleBytes(100_000)

  init() throws { folder = try TemporaryFolder() }

  func failure(
    attempts: Int = 3, stallTimeout: Double = 600, minimumBytes: Int = 1,
    journal: Journal = Journal(), of source: DatasetSource
  ) async throws -> DownloadError {
    let error = try #require(
      await #expect(throws: DownloadError.self) {
        try await downloader(
          into: folder, attempts: attempts, stallTimeout: stallTimeout,
          minimumBytes: minimumBytes, journal: journal
        ).download(source)
      })
    #expect(folder.bytes("test-set/data.bin") == nil)
    #expect(error.url == source.files[0].url)
    return error
  }

  @Test func corruptDownloadIsDeleted() async throws {
    var corrupted = bytes
    corrupted[77_777] ^= 1
    let server = try LoopbackServer { [corrupted] in .file(corrupted, for: $0) }
    let error = try await failure(of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .wrongChecksum)
    #expect(error.expected == "MD5 \(md5(bytes))")
    #expect(error.found == md5(corrupted))
    #expect(folder.contents == ["test-set"])
    #expect(server.requests.count == 1)
  }

  /// A file with the right length and MD5, as after tampering, but another SHA-256.
  @Test func sha256OverridesMD5() async throws {
    let server = try LoopbackServer { [bytes] in .file(bytes, for: $0) }
    let right = checksum(bytes + [0], by: .sha256)
    let error = try await failure(of: source(bytes, at: server.url("data.bin"), sha256: right))
    #expect(error.reason == .wrongChecksum)
    #expect(error.expected == "SHA-256 \(right)")
    #expect(error.found == checksum(bytes, by: .sha256))
    #expect(folder.contents == ["test-set"])
  }

  @Test(arguments: [
    "404 Not Found", "403 Forbidden", "204 No Content", "206 Partial Content", "301 Moved",
  ])
  func permanentErrorsAreNotRetried(status: String) async throws {
    let server = try LoopbackServer { _ in .status(status) }
    let journal = Journal()
    let error = try await failure(
      journal: journal, of: source(bytes, at: server.url("data.bin")))
    let isMoved = status.hasPrefix("301")
    #expect(
      error.reason == (isMoved ? .invalidResponse : .status(Int(status.prefix(3))!)))
    #expect(server.requests.count == 1)
    #expect(journal.pauses.withLock { $0 } == [])
    #expect(folder.contents == ["test-set"])
  }

  @Test func serverErrorsAreRetriedWithBackoff() async throws {
    let server = try LoopbackServer { _ in .status("503 Busy", ["Retry-After": "3"]) }
    let journal = Journal()
    let error = try await failure(
      attempts: 4, journal: journal, of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .status(503))
    #expect(error.description.contains("http://127.0.0.1"))
    #expect(error.description.contains("503"))
    #expect(server.requests.count == 4)
    #expect(journal.pauses.withLock { $0 } == [3, 3, 4])
  }

  @Test func recoveringServerSucceeds() async throws {
    let (bytes, calls) = (bytes, Counter())
    let server = try LoopbackServer { request in
      calls.next() < 3 ? .status("500 Internal Server Error") : .file(bytes, for: request)
    }
    let journal = Journal()
    try await downloader(into: folder, journal: journal)
      .download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
    #expect(journal.pauses.withLock { $0 } == [1, 2])
  }

  @Test func redirectLoopsEnd() async throws {
    let server = try LoopbackServer { _ in .status("302 Found", ["Location": "/data.bin"]) }
    let error = try await failure(of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .redirection)
    #expect(server.requests.count == 11)
  }

  @Test func redirectsToOtherSchemesAreRefused() async throws {
    let server = try LoopbackServer { _ in
      .status("302 Found", ["Location": "ftp://127.0.0.1/data.bin"])
    }
    let error = try await failure(of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .redirection)
    #expect(error.found.contains("ftp://"))
  }

  @Test func silentServerTimesOut() async throws {
    let server = try LoopbackServer { _ in HTTPReply(raw: [], isHeld: { true }) }
    let error = try await failure(
      attempts: 1, stallTimeout: 2, of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .timedOut)
    #expect(error.found == "0 bytes")
  }

  /// The server sends fewer bytes in all than must arrive within the time limit.
  @Test func slowServerTimesOut() async throws {
    let server = try LoopbackServer { [bytes] request in
      var reply = HTTPReply.file(bytes, for: request)
      (reply.sent, reply.pace, reply.isHeld) = (4000, (10, 0.05), { true })
      return reply
    }
    let error = try await failure(
      attempts: 1, stallTimeout: 2, minimumBytes: 4096,
      of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .timedOut)
    #expect(error.expected == "at least 4096 bytes in 2.0 s")
    #expect(Int(error.found.dropLast(" bytes".count)).map { $0 <= 4000 } == true)
  }

  @Test(arguments: [99_999, 100_001]) func wrongLengthIsRefusedImmediately(length: Int) async throws
  {
    let server = try LoopbackServer { [bytes] _ in
      HTTPReply(headers: ["Content-Length": "\(length)"], body: bytes + [0])
    }
    let error = try await failure(of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .wrongLength)
    #expect(error.expected == "100000 bytes")
    #expect(error.found == "\(length) according to the server")
    #expect(folder.contents == ["test-set"])
  }

  @Test func longerBodyIsRefused() async throws {
    let server = try LoopbackServer { [bytes] _ in HTTPReply(body: bytes + bytes) }
    let error = try await failure(of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .wrongLength)
    #expect(folder.contents == ["test-set"])
  }

  @Test func shorterBodyIsRefused() async throws {
    let server = try LoopbackServer { [bytes] _ in HTTPReply(body: Array(bytes.dropLast())) }
    let error = try await failure(of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .connectionLost)
    #expect(error.found == "the end after 99999 bytes")
    #expect(server.requests.count == 3)
  }

  @Test func encodedBodyIsRefused() async throws {
    let server = try LoopbackServer { [bytes] request in
      var reply = HTTPReply.file(bytes, for: request)
      reply.headers["Content-Encoding"] = "gzip"
      return reply
    }
    let error = try await failure(
      attempts: 1, of: source(bytes, at: server.url("data.bin")))
    #expect(error.reason == .invalidResponse)
    #expect(error.found == "gzip")
  }

  /// A header without a value names no encoding.
  @Test func emptyEncodingIsNone() async throws {
    let server = try LoopbackServer { [bytes] request in
      var reply = HTTPReply.file(bytes, for: request)
      reply.headers["Content-Encoding"] = ""
      return reply
    }
    try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
    #expect(folder.bytes("test-set/data.bin") == bytes)
  }

  @Test func unreachableServerThrows() async throws {
    let port = try UnansweredPort()
    let url = try #require(URL(string: "http://127.0.0.1:\(port.number)/data.bin"))
    let error = try await failure(attempts: 2, of: source(bytes, at: url))
    #expect(error.reason == .unreachable)
    #expect(error.description.hasPrefix("\(url): expected a response, found "))
    #expect(folder.contents == ["test-set"])
  }

  /// Messages end in logs.
  @Test func messagesHaveNoPassword() async throws {
    let port = try UnansweredPort()
    let url = try #require(URL(string: "http://ann:secret@127.0.0.1:\(port.number)/data.bin"))
    let error = try await failure(attempts: 1, of: source(bytes, at: url))
    #expect(
      error.description.hasPrefix("http://ann@127.0.0.1:\(port.number)/data.bin: expected"))
    #expect(!error.description.contains("secret"))
  }
}
