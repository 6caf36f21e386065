/// Puts the head of an answer together from its lines, within limits.
///
/// Source: RFC 9112, 4 and 5; interim answers: RFC 9110, 15.2.
struct HTTPHeadParser {
  /// The bytes of all lines together: of interim answers, the head, and what follows a body in chunks.
  static let byteLimit = 1 << 16
  /// The lines.
  static let lineLimit = 512

  /// The final head, once its last line is here.
  private(set) var head: HTTPHead?

  private var (bytes, lines) = (0, 0)
  private var status: (code: Int, reason: String)?
  private var headers: [String: String] = [:]
  /// The header that a folded line continues.
  private var lastName: String?

  /// Takes a line with its end; false if it is one too many.
  mutating func take(_ line: some Collection<UInt8>) -> Bool {
    bytes += line.count
    lines += 1
    guard bytes <= Self.byteLimit, lines <= Self.lineLimit else { return false }
    // What follows the body says nothing that is wanted.
    guard head == nil else { return true }
    let line = [UInt8](line)[...].trimmed { $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\n") }
    if line.isEmpty {
      finish()
    } else if line.starts(with: "HTTP/".utf8) {
      start(line)
    } else if Self.isSpace(line[line.startIndex]) {
      // A value that goes on in the next line, as before RFC 7230.
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
    // Those below 200 announce another head, but for a change of protocol, which was not asked for.
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
