public import FoundationEssentials
internal import PinionTensor

/// A failed download. Local failures, such as a full disk or an invalid archive, are `FileError`s.
public struct DownloadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kind of failure.
  ///
  /// After ``unreachable``, ``connectionLost``, ``timedOut``, and the statuses 408, 425, 429, 500,
  /// 502, 503 and 504, the download is attempted again, up to ``DownloadOptions/attempts`` times in
  /// all. The other failures are final.
  public enum Reason: Sendable, Equatable {
    /// The file is not in the cache, and network access is disabled.
    case offline
    /// No connection could be established.
    case unreachable
    /// The server's certificate is not trusted.
    case untrusted
    /// The connection ended before the file was complete, the server has no bytes from the place at
    /// which a download resumes, or a resumed file does not have the published checksum.
    case connectionLost
    /// Too few bytes arrived within ``DownloadOptions/stallTimeout``.
    case timedOut
    /// An HTTP status other than success.
    case status(Int)
    /// Too many redirects, or a redirect to a disallowed URL.
    case redirection
    /// The server's file has another size than the published one.
    case wrongLength
    /// An invalid HTTP response.
    case invalidResponse
    /// The file does not have the published checksum.
    case wrongChecksum
    /// Another process is downloading the same file.
    case busy
  }

  public let reason: Reason
  /// The URL of the file.
  public let url: URL
  /// The expected response. Control characters are escaped, in ``found`` as well.
  public let expected: String
  /// The actual response.
  public let found: String
  /// The server's `Retry-After` in seconds.
  let retryAfter: Int?

  init(
    _ reason: Reason, _ url: URL, expected: String, found: String, retryAfter: Int? = nil
  ) {
    self.reason = reason
    self.url = url
    // Both may contain text from the server.
    self.expected = PrintableText.escaped(expected)
    self.found = PrintableText.escaped(found)
    self.retryAfter = retryAfter
  }

  public var description: String {
    "\(PrintableText.escaped(url.withoutPassword)): expected \(expected), found \(found)"
  }

  /// Whether another attempt may succeed.
  var isTransient: Bool {
    switch reason {
    case .unreachable, .connectionLost, .timedOut: true
    case .status(let status): [408, 425, 429, 500, 502, 503, 504].contains(status)
    case .offline, .untrusted, .redirection, .wrongLength, .invalidResponse, .wrongChecksum, .busy:
      false
    }
  }
}
