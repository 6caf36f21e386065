public import FoundationEssentials
internal import PinionTensor

/// Why a file did not come over the network: its address, what was expected and what was found.
///
/// What goes wrong on this side, a full disk or an archive that is not sound, is a `FileError` instead.
public struct DownloadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The kinds of failure.
  public enum Reason: Sendable, Equatable {
    /// The file is not here and the downloader is offline.
    case offline
    /// No connection came about.
    case unreachable
    /// The server's certificate is not one that this system trusts.
    case untrusted
    /// The connection ended before the file did.
    case connectionLost
    /// For some time hardly anything arrived.
    case timedOut
    /// The server refused, with this HTTP status.
    case status(Int)
    /// The server pointed elsewhere too often, or to where it must not.
    case redirection
    /// The server has another number of bytes than the file has.
    case wrongLength
    /// The server's answer does not fit the question.
    case unusableAnswer
    /// What arrived is not the file.
    case wrongChecksum
    /// Another process is downloading the same file.
    case busy
  }

  /// The kind of failure.
  public let reason: Reason
  /// The address.
  public let url: URL
  /// What should have come; without characters that a terminal would obey, as ``found``.
  public let expected: String
  /// What came instead.
  public let found: String
  /// How long the server asked to be left alone, in seconds.
  let retryAfter: Int?

  init(
    _ reason: Reason, _ url: URL, expected: String, found: String, retryAfter: Int? = nil
  ) {
    self.reason = reason
    self.url = url
    // Either may contain what a server says.
    self.expected = PrintableText.escaped(expected)
    self.found = PrintableText.escaped(found)
    self.retryAfter = retryAfter
  }

  /// One line that names all three.
  public var description: String {
    "\(PrintableText.escaped(url.absoluteString)): expected \(expected), found \(found)"
  }

  /// Whether another attempt may succeed.
  var isTransient: Bool {
    switch reason {
    case .unreachable, .connectionLost, .timedOut: true
    case .status(let status): [408, 425, 429, 500, 502, 503, 504].contains(status)
    case .offline, .untrusted, .redirection, .wrongLength, .unusableAnswer, .wrongChecksum, .busy:
      false
    }
  }
}
