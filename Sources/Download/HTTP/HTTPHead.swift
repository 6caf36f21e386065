/// The status line and headers of a response.
package struct HTTPHead: Sendable, Equatable {
  package let status: Int
  /// The reason phrase; may be empty.
  package let reason: String
  /// By lower-case name; the first value if a header is repeated.
  private let headers: [String: String]

  init(status: Int, reason: String, headers: [String: String]) {
    self.status = status
    self.reason = reason
    self.headers = headers
  }

  /// - Parameter name: In lower case.
  subscript(name: String) -> String? { headers[name] }

  /// Whether the status is a redirect to the `Location` header (RFC 9110, section 15.4).
  package var isRedirection: Bool { [301, 302, 303, 307, 308].contains(status) }

  /// The size of the body in bytes, if known.
  package var contentLength: Int? {
    self["content-length"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
  }

  /// The values 100 and 200 of `bytes 100-199/200`; nil for other formats, and for ranges that do
  /// not extend to the end.
  package var contentRange: (start: Int, total: Int)? {
    guard let value = self["content-range"], value.hasPrefix("bytes ") else { return nil }
    let parts = value.dropFirst(6).split(whereSeparator: { $0 == "-" || $0 == "/" })
    guard parts.count == 3, let start = Int(parts[0]), let last = Int(parts[1]),
      let total = Int(parts[2]), start >= 0, start <= last, last == total - 1
    else { return nil }
    return (start, total)
  }
}

/// A parser for the head of an HTTP response, with limits on its size.
///
/// Source: RFC 9112, sections 4 and 5; interim responses: RFC 9110, section 15.2.
package struct HTTPHeadParser {
  /// The largest total size of all lines: interim responses, head, and trailers.
  static let byteLimit = 1 << 16
  /// The largest number of lines.
  static let lineLimit = 512

  /// The final head, once it is complete.
  package private(set) var head: HTTPHead?

  private var (bytes, lines) = (0, 0)
  private var status: (code: Int, reason: String)?
  private var headers: [String: String] = [:]
  /// The name of the header that a folded line continues.
  private var lastName: String?

  package init() {}

  /// Parses a line including its line break. Returns false if a limit is exceeded.
  package mutating func take(_ line: some Collection<UInt8>) -> Bool {
    bytes += line.count
    lines += 1
    guard bytes <= Self.byteLimit, lines <= Self.lineLimit else { return false }
    // Trailers are ignored.
    guard head == nil else { return true }
    let line = [UInt8](line)[...].trimmed { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    if line.isEmpty {
      finish()
    } else if line.starts(with: "HTTP/".utf8) {
      start(line)
    } else if Self.isSpace(line[line.startIndex]) {
      // An obsolete folded line (RFC 7230, section 3.2.4).
      if let lastName { headers[lastName]? += " " + Self.text(line) }
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      let name = Self.text(line[..<colon]).lowercased()
      lastName = headers[name] == nil ? name : nil
      if lastName != nil { headers[name] = Self.text(line[(colon + 1)...]) }
    }
    return true
  }

  private mutating func start(_ line: ArraySlice<UInt8>) {
    let words = line.split(separator: 32, maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count > 1, words[1].count == 3, let code = Int(Self.text(words[1])) else { return }
    status = (code, words.count > 2 ? Self.text(words[2]) : "")
    headers = [:]
    lastName = nil
  }

  private mutating func finish() {
    guard let status else { return }
    self.status = nil
    // Interim responses (1xx) precede the final head. 101 is final, because no protocol change was
    // requested.
    if status.code >= 200 || status.code == 101 {
      head = HTTPHead(status: status.code, reason: status.reason, headers: headers)
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.trimmed(isSpace), as: UTF8.self)
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
}

extension ArraySlice<UInt8> {
  fileprivate func trimmed(_ isTrimmed: (UInt8) -> Bool) -> Self {
    let rest = drop(while: isTrimmed)
    return rest[..<(rest.lastIndex { !isTrimmed($0) }.map { $0 + 1 } ?? rest.startIndex)]
  }
}
