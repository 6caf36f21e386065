/// What a client asked for.
struct HTTPRequest: Sendable, Equatable {
  let path: String
  /// By names in lower case.
  let headers: [String: String]

  /// `bytes=100-` as 100.
  var rangeStart: Int? {
    headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) }
  }
}

/// What a server answers, and how badly.
struct HTTPReply: Sendable {
  /// Sent as it is, instead of the status and the headers.
  var raw: [UInt8]?
  var status = "200 OK"
  var headers: [String: String] = [:]
  var body: [UInt8] = []
  /// The bytes of the body that are sent before the connection ends. Default: all.
  var sent: Int?
  /// Sent again and again after the body, until the client ends the connection.
  var endless: [UInt8] = []
  /// How often `endless` is sent; then the connection stays open and silent until the client ends it.
  var repetitions = Int.max
  /// So many bytes at a time, with seconds between.
  var pace: (bytes: Int, seconds: Double)?
  /// Asked after each piece that `pace` sends; the next ones wait until it says yes, or the client ends
  /// the connection.
  var goesOn: @Sendable () -> Bool = { true }
  /// After the bytes, the connection stays open and silent for as long as this says, or until the client ends it.
  ///
  /// A pause of so many seconds would be too short where other tests keep the machine busy.
  var isHeld: @Sendable () -> Bool = { false }
  /// The connection is reset instead of closed.
  var isReset = false

  /// Bytes as they are, then others without end.
  static func raw(_ text: String, _ body: [UInt8] = [], endless: String = "") -> HTTPReply {
    HTTPReply(raw: Array(text.utf8), body: body, endless: Array(endless.utf8))
  }

  /// A status without a file.
  static func status(_ status: String, _ headers: [String: String] = [:]) -> HTTPReply {
    HTTPReply(
      status: status, headers: headers.merging(["Content-Length": "0"]) { own, _ in own })
  }

  /// A file, or the range of it that is asked for, as a server does it that knows ranges.
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
