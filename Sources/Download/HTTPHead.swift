internal import Foundation
internal import FoundationNetworking

/// The status and the headers of an answer.
struct HTTPHead: Sendable {
  let status: Int
  private let headers: [String: String]

  init(_ response: HTTPURLResponse) {
    status = response.statusCode
    headers = Dictionary(
      response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") },
      uniquingKeysWith: { first, _ in first })
  }

  /// The value of a header, whose name is given in lower case.
  subscript(name: String) -> String? {
    headers[name].map { $0.trimmingCharacters(in: .whitespaces) }
  }

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
