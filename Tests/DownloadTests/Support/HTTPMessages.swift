/// A parsed request.
struct HTTPRequest: Sendable, Equatable {
  let path: String
  /// By lower-case name.
  let headers: [String: String]

  /// The start of a range, 100 for `bytes=100-`.
  var rangeStart: Int? {
    headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
  }
}

/// A response, possibly malformed.
struct HTTPReply: Sendable {
  /// Sent verbatim in place of status and headers.
  var raw: [UInt8]?
  var status = "200 OK"
  var headers: [String: String] = [:]
  var body: [UInt8] = []
  /// The number of bytes of the body that are sent before the connection closes. Default: all.
  var sent: Int?
  /// Sent repeatedly after the body, until the client closes the connection.
  var endless: [UInt8] = []
  /// How often `endless` is sent; the connection then stays open until the client closes it.
  var repetitions = Int.max
  /// The chunk size, and the seconds between chunks.
  var pace: (bytes: Int, seconds: Double)?
  /// Called after each chunk of `pace`. The next one is sent when it returns true or the client
  /// closes the connection.
  var goesOn: @Sendable () -> Bool = { true }
  /// After the body, the connection stays open as long as this returns true, or until the client
  /// closes it.
  ///
  /// A fixed delay would be too short on a busy machine.
  var isHeld: @Sendable () -> Bool = { false }
  /// Whether the connection is reset rather than closed.
  var isReset = false

  /// Bytes sent verbatim, followed by repeated ones.
  static func raw(_ text: String, _ body: [UInt8] = [], endless: String = "") -> HTTPReply {
    HTTPReply(raw: Array(text.utf8), body: body, endless: Array(endless.utf8))
  }

  /// A status without a body.
  static func status(_ status: String, _ headers: [String: String] = [:]) -> HTTPReply {
    HTTPReply(
      status: status, headers: headers.merging(["Content-Length": "0"]) { own, _ in own })
  }

  /// A file or the requested range of it.
  static func file(
    _ bytes: [UInt8], for request: HTTPRequest, tag: String = "\"1\""
  ) -> HTTPReply {
    var reply = HTTPReply(headers: ["ETag": tag, "Accept-Ranges": "bytes"], body: bytes)
    let isSame = request.headers["if-range"].map { $0 == tag } ?? true
    if let start = request.rangeStart, isSame {
      reply.status = "206 Partial Content"
      reply.headers["Content-Range"] = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
      reply.body = Array(bytes[start...])
    }
    reply.headers["Content-Length"] = "\(reply.body.count)"
    return reply
  }
}
