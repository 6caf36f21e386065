/// The status and the headers of an answer.
struct HTTPHead: Sendable, Equatable {
  let status: Int
  /// The server's words for the status; may be empty.
  let reason: String
  /// By names in lower case; of several of one name, the first.
  private let headers: [String: String]

  init(status: Int, reason: String, headers: [String: String]) {
    self.status = status
    self.reason = reason
    self.headers = headers
  }

  /// The value of a header, whose name is given in lower case.
  subscript(name: String) -> String? { headers[name] }

  /// Whether the status sends the client to what `Location` says (RFC 9110, 15.4).
  var isRedirection: Bool { [301, 302, 303, 307, 308].contains(status) }

  /// The number of bytes to come, if the server says so.
  var contentLength: Int? {
    self["content-length"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
  }

  /// `bytes 100-199/200` as 100 and 200; nil if the server says something else.
  var contentRange: (start: Int, total: Int)? {
    guard let value = self["content-range"], value.hasPrefix("bytes ") else { return nil }
    let parts = value.dropFirst(6).split(whereSeparator: { $0 == "-" || $0 == "/" })
    guard parts.count == 3, let start = Int(parts[0]), let last = Int(parts[1]),
      let total = Int(parts[2]), start >= 0, start <= last, last == total - 1
    else { return nil }
    return (start, total)
  }
}
