/// A GET request, and how long to wait for what it brings.
struct TransferRequest: Sendable {
  let url: String
  /// The headers that are sent, each `Name: value`.
  let headers: [String]
  /// The seconds in which ``minimumBytes`` of a body must arrive: a millisecond to thirty years.
  let stallTimeout: Double
  let minimumBytes: Int

  init(url: String, headers: [String], stallTimeout: Double, minimumBytes: Int) {
    self.url = url
    self.headers = headers
    // Also if it is not a number.
    self.stallTimeout = stallTimeout >= 0.001 ? min(stallTimeout, 1e9) : 0.001
    self.minimumBytes = minimumBytes
  }
}
