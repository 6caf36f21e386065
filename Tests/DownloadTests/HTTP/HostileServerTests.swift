import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionDownload

/// Truncated, huge, endless or unusual responses: each download ends soon, with little memory, with
/// the file or an error.
@Suite(.timeLimit(.minutes(10))) struct HostileServerTests {
  /// A response to the first request and the expected result.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let reply: HTTPReply
    /// Nil if the download succeeds.
    let reason: DownloadError.Reason?
    /// The number of requests in at most three attempts.
    var requests = 1
  }

  static let bytes = sampleBytes(100_000)
  /// Repeated chunks are long, so that the server is not the bottleneck.
  static let junk = String(repeating: "junk ", count: 13_000)
  static let whole = "Content-Length: 100000\r\n\r\n"
  static let chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

  static func headers(_ count: Int) -> String {
    (0..<count).map { "Junk-\($0): \($0)\r\n" }.joined()
  }

  static let cases = [
    Case(
      testDescription: "truncated headers", reply: .raw("HTTP/1.1 200 OK\r\nCo"),
      reason: .connectionLost, requests: 3),
    Case(
      testDescription: "truncated status line", reply: .raw("HTTP/1.1 2"), reason: .connectionLost,
      requests: 3),
    Case(testDescription: "nothing", reply: .raw(""), reason: .connectionLost, requests: 3),
    Case(
      testDescription: "the largest length",
      reply: .raw("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", bytes),
      reason: .wrongLength),
    Case(
      testDescription: "endless body without length",
      reply: .raw("HTTP/1.1 200 OK\r\n\r\n", endless: junk), reason: .wrongLength),
    Case(
      testDescription: "an endless body of a 503",
      reply: .raw("HTTP/1.1 503 Busy\r\n\r\n", endless: junk), reason: .status(503), requests: 3),
    Case(
      testDescription: "an endless body of a 404, packed",
      reply: .raw("HTTP/1.1 404 Gone\r\nContent-Encoding: gzip\r\n\r\n", endless: junk),
      reason: .status(404)),
    Case(
      testDescription: "an endless body of a redirect to the file",
      reply: .raw("HTTP/1.1 302 Found\r\nLocation: /file\r\n\r\n", endless: junk), reason: nil,
      requests: 2),
    Case(
      testDescription: "endless trailers after the file",
      reply: .raw(
        chunks + "186a0\r\n", bytes + Array("\r\n0\r\n".utf8), endless: headers(1)),
      reason: nil),
    Case(
      testDescription: "endless trailers after part of the file",
      reply: .raw(
        chunks + "c350\r\n", bytes[..<50_000] + Array("\r\n0\r\n".utf8), endless: headers(1)),
      reason: .invalidResponse),
    Case(
      testDescription: "endless headers", reply: .raw("HTTP/1.1 200 OK\r\n", endless: headers(100)),
      reason: .invalidResponse),
    Case(
      testDescription: "an endless header",
      reply: .raw("HTTP/1.1 200 OK\r\nJunk: ", endless: junk), reason: .invalidResponse),
    Case(
      testDescription: "an endless status",
      reply: .raw("HTTP/1.1 200 ", endless: junk), reason: .invalidResponse),
    Case(
      testDescription: "endless interim responses",
      reply: .raw("", endless: "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
      reason: .invalidResponse),
    Case(
      testDescription: "Early Hints before the response",
      reply: .raw(
        "HTTP/1.1 103 Early Hints\r\nContent-Length: 7\r\n\r\nHTTP/1.1 200 OK\r\n" + whole, bytes),
      reason: nil),
    Case(
      testDescription: "Continue before the response",
      reply: .raw("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n" + whole, bytes), reason: nil),
    Case(
      testDescription: "another protocol",
      reply: .raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", endless: junk),
      reason: .status(101)),
    Case(
      testDescription: "not HTTP", reply: .raw("SSH-2.0-OpenSSH_9.2p1\r\n", endless: junk),
      reason: .invalidResponse),
    Case(
      testDescription: "a folded header",
      reply: .raw("HTTP/1.1 200 OK\r\nX: a\r\n  b\r\n" + whole, bytes), reason: nil),
    Case(
      testDescription: "a length that is not a number",
      reply: .raw("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", bytes),
      reason: .invalidResponse),
  ]

  /// Downloads from a server that sends the response for all paths except `/file`.
  static func download(_ reply: HTTPReply, into folder: TemporaryFolder) async -> (
    error: DownloadError?, requests: Int
  ) {
    do {
      let server = try LoopbackServer { request in
        request.path == "/file" ? .file(bytes, for: request) : reply
      }
      do {
        try await downloader(into: folder).download(source(bytes, at: server.url("data.bin")))
        return (nil, server.requests.count)
      } catch let error as DownloadError {
        return (error, server.requests.count)
      }
    } catch {
      Issue.record(error)
      return (nil, 0)
    }
  }

  @Test(arguments: cases) func responseGivesFileOrError(_ example: Case) async throws {
    let folder = try TemporaryFolder()
    let outcome = await Self.download(example.reply, into: folder)
    #expect(outcome.error?.reason == example.reason, "\(String(describing: outcome.error))")
    #expect(outcome.requests == example.requests)
    #expect(folder.bytes("test-set/data.bin") == (example.reason == nil ? Self.bytes : nil))
  }

  /// In a separate process, whose memory no other test uses.
  @Test func memoryIsBounded() async {
    await #expect(processExitsWith: .success) {
      let before = try signals()
      for example in HostileServerTests.cases {
        let folder = try TemporaryFolder()
        let outcome = await HostileServerTests.download(example.reply, into: folder)
        #expect(outcome.error?.reason == example.reason, "\(example.testDescription)")
        let peak = try peakMemory()
        #expect(peak < 100_000_000, "\(example.testDescription)")
      }
      // The process's signal actions are unchanged.
      #expect(try signals() == before)
    }
  }

  static let trickles = [
    HTTPReply.raw("HTTP/1.1 200 OK\r\n", endless: "Junk: 1\r\n"),
    .raw("HTTP/1.1 200 OK\r\nJunk: ", endless: "1"),
    .raw(chunks + "c350\r\n", bytes[..<50_000] + Array("\r\n0\r\n".utf8), endless: "Junk: 1\r\n"),
    .raw(chunks + "5;", endless: "extension"),
  ]

  /// Data arrive too slowly: the download ends after one stall timeout.
  ///
  /// The server sends fewer lines in all than the limit of headers.
  @Test(arguments: trickles) func slowHeadersAndTrailersTimeOut(_ trickle: HTTPReply) async throws {
    var reply = trickle
    (reply.pace, reply.repetitions) = ((60_000, 0.01), HTTPHeadParser.lineLimit / 2)
    let server = try LoopbackServer { [reply] _ in reply }
    let folder = try TemporaryFolder()
    let error = await #expect(throws: DownloadError.self) {
      try await downloader(into: folder, attempts: 1, stallTimeout: 1, minimumBytes: 100_000)
        .download(source(Self.bytes, at: server.url("data.bin")))
    }
    #expect(error?.reason == .timedOut)
  }

  /// The server sends nothing, and the timeout is ten minutes: only cancellation ends the download.
  @Test func cancellationEndsSilentDownload() async throws {
    let folder = try TemporaryFolder()
    let server = try LoopbackServer { _ in HTTPReply(raw: [], isHeld: { true }) }
    let source = source(Self.bytes, at: server.url("data.bin"))
    let task = Task { try await downloader(into: folder, stallTimeout: 3600).download(source) }
    while server.requests.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    // The server sees the connection close.
    while server.openConnections > 0 { try await Task.sleep(for: .milliseconds(5)) }
    #expect(folder.contents == ["test-set"])
  }

  @Test(arguments: [
    ("HTTP/1.1 404 \u{1b}[2Jno\r\n\r\n", "404 \\u{1B}[2Jno"),
    (
      "HTTP/1.1 200 \r\nContent-Encoding: \u{1b}]0;x\u{7}\r\n\r\n", "\\u{1B}]0;x\\u{7}"
    ),
    ("HTTP/1.1 302 \r\nLocation: ftp://\u{1b}[31m\r\n\r\n", "ftp://"),
    ("HTTP/1.1 302 \r\nLocation: \u{9b}31m:\u{202e}\r\n\r\n", "\\u{9B}31m:\\u{202E}"),
  ])
  func controlCharactersInErrorsAreEscaped(head: String, found: String) async throws {
    let folder = try TemporaryFolder()
    let error = try #require(await Self.download(.raw(head), into: folder).error)
    #expect(error.found.contains(found))
    for text in [error.found, error.expected, error.description] {
      #expect(PrintableText.escaped(text) == text)
    }
  }

  /// Control characters could start another header of the next request.
  @Test func validatorWithControlCharactersIsNotSent() throws {
    let parsed = HTTPHead(status: 200, reason: "", headers: ["etag": "\"1\"\rEvil: 1"])
    #expect(PartialFileOrigin(url: "http://a", head: parsed).validator == nil)
    let foreign = HTTPHead(status: 200, reason: "", headers: ["etag": "\"é\""])
    #expect(PartialFileOrigin(url: "http://a", head: foreign).validator == nil)
    let good = HTTPHead(status: 200, reason: "", headers: ["etag": "\"1 2\""])
    #expect(PartialFileOrigin(url: "http://a", head: good).validator == "\"1 2\"")
  }

  @Test func optionsOutOfRangeAreClamped() {
    for seconds in [Double.nan, -1, 0, .infinity, 1e300] {
      let request = TransferRequest(url: "", headers: [], stallTimeout: seconds, minimumBytes: 1)
      #expect((0.001...1e9).contains(request.stallTimeout))
      var options = DownloadOptions()
      options.firstPause = seconds
      #expect((0...60).contains(options.pause(after: 3, atLeast: nil)))
    }
    #expect(DownloadOptions().pause(after: 1, atLeast: -.max) == 1)
  }
}

/// A field of this process's `/proc/self/status`, such as `VmHWM`; nil if there is none.
private func processStatus(_ name: String) throws -> Substring? {
  try String(contentsOfFile: "/proc/self/status", encoding: .utf8).split(separator: "\n")
    .first { $0.hasPrefix(name + ":") }?.dropFirst(name.count + 1)
}

/// The peak memory of this process in bytes.
private func peakMemory() throws -> Int {
  let digits = try #require(try processStatus("VmHWM")).filter(\.isNumber)
  return try #require(Int(digits)) * 1024
}

/// The signals that this process ignores, and those that it handles.
private func signals() throws -> [Substring?] {
  try [processStatus("SigIgn"), processStatus("SigCgt")]
}
