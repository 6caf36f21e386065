/// Why libcurl did not bring an answer, or not all of it.
struct TransferError: Error, Sendable, Equatable {
  enum Kind: Sendable {
    /// No connection came about.
    case connection
    /// The connection ended before the answer did.
    case cut
    /// For too long no connection came about.
    case timeout
    /// The server's certificate is not one that this system trusts.
    case certificate
    /// What came is not HTTP, or not within bounds.
    case answer
  }

  let kind: Kind
  /// In libcurl's words; may contain the server's.
  let text: String
}
