package import Foundation

/// One attempt to download the missing bytes of a file.
struct FileRequest {
  let file: RemoteFile
  let part: PartialFile
  let options: DownloadOptions
  let report: (DownloadProgress.Phase, Int) -> Void

  /// - Throws: ``DownloadError`` or `FileError` unless the partial file is complete.
  func run() async throws {
    if let origin = part.origin, origin.url != file.url.absoluteString || origin.validator == nil {
      try part.clear()
    }
    if part.origin == nil || part.count > file.size { try part.clear() }
    if part.count == file.size { return }
    var url = file.url
    for _ in 0...max(0, options.redirections) {
      guard let next = try await get(url) else {
        guard part.count == file.size else { throw truncated() }
        return
      }
      url = next
    }
    throw DownloadError(
      .redirection, file.url, expected: "at most \(options.redirections) redirects",
      found: "another one to \(url.withoutPassword)")
  }

  /// Sends a request and receives the response. Returns the target of a redirect.
  private func get(_ url: URL) async throws -> URL? {
    let offset = part.count
    var hasHead = false
    do {
      let transfer = try HTTPTransfer(request(url, offset: offset))
      // Closes the connection without reading the body of an error or a redirect.
      defer { transfer.close() }
      while let event = try await transfer.next() {
        switch event {
        case .head(let head):
          if head.isRedirection { return try target(of: head, from: url) }
          try take(head, offset: offset)
          hasHead = true
        case .data(let data):
          try take(data)
        }
      }
    } catch let error as TransferError {
      // All bytes have been received; their checksum decides, not the end of the connection.
      if hasHead, part.count == file.size { return nil }
      throw failure(error, hasHead: hasHead)
    } catch let error as StallError {
      if hasHead, part.count == file.size { return nil }
      throw DownloadError(
        .timedOut, file.url,
        expected: "at least \(options.minimumBytes) bytes in \(options.stallTimeout) s",
        found: "\(error.received) bytes")
    }
    return nil
  }

  private func request(_ url: URL, offset: Int) -> TransferRequest {
    // Content encoding would change the bytes and their ranges.
    var headers = ["Accept-Encoding: identity", "User-Agent: pinion-datasets"]
    if offset > 0, let validator = part.origin?.validator {
      headers += ["Range: bytes=\(offset)-", "If-Range: \(validator)"]
    }
    return TransferRequest(
      url: url.absoluteString, headers: headers, stallTimeout: options.stallTimeout,
      minimumBytes: options.minimumBytes)
  }

  private func target(of head: HTTPHead, from url: URL) throws(DownloadError) -> URL {
    guard let location = head["location"] else {
      throw unusable(expected: "a redirect with a location", found: "no location")
    }
    guard let next = URL(string: location, relativeTo: url)?.absoluteURL,
      next.isOnServer, url.scheme?.lowercased() != "https" || next.scheme?.lowercased() == "https"
    else {
      throw DownloadError(
        .redirection, file.url, expected: "redirects to https, or from http to http",
        found: "a redirect from \(url.withoutPassword) to \(location.prefix(1000))")
    }
    return next
  }

  private func take(_ head: HTTPHead, offset: Int) throws {
    switch head.status {
    case 200:
      try requireNoEncoding(head)
      try check(total: head.contentLength)
      let origin = PartialFileOrigin(url: file.url.absoluteString, head: head)
      try part.begin(origin)
    case 206 where offset > 0:
      try requireNoEncoding(head)
      guard let range = head.contentRange, range.start == offset else {
        let found = head["content-range"] ?? "none"
        try part.clear()
        throw unusable(
          expected: "the range from byte \(offset) to the end",
          found: "the range \(found.prefix(100))")
      }
      try check(total: range.total)
    case 416:
      // The server's file is shorter than the partial file.
      try part.clear()
      throw DownloadError(
        .connectionLost, file.url, expected: "the range from byte \(offset) to the end",
        found: "HTTP status 416")
    default:
      throw DownloadError(
        .status(head.status), file.url, expected: "HTTP status 200",
        found: "\(head.status) \(head.reason.prefix(100))",
        retryAfter: head["retry-after"].flatMap { Int($0) })
    }
    try part.requireRoom(for: file.size - part.count)
    report(.receiving, part.count)
  }

  private func take(_ data: Data) throws {
    guard data.count <= file.size - part.count else {
      let found = part.count + data.count
      try part.clear()
      throw DownloadError(
        .wrongLength, file.url, expected: "\(file.size) bytes", found: "at least \(found)")
    }
    try part.append(data)
    report(.receiving, part.count)
  }

  private func requireNoEncoding(_ head: HTTPHead) throws(DownloadError) {
    guard let encoding = head["content-encoding"],
      !["", "identity"].contains(encoding.lowercased())
    else { return }
    throw unusable(expected: "no content encoding", found: "\(encoding.prefix(100))")
  }

  private func check(total: Int?) throws {
    guard let total, total != file.size else { return }
    try part.clear()
    throw DownloadError(
      .wrongLength, file.url, expected: "\(file.size) bytes",
      found: "\(total) according to the server")
  }

  private func truncated() -> DownloadError {
    DownloadError(
      .connectionLost, file.url, expected: "\(file.size) bytes",
      found: "the end after \(part.count) bytes")
  }

  private func failure(_ error: TransferError, hasHead: Bool) -> DownloadError {
    if hasHead, error.kind != .answer { return truncated() }
    let reason: DownloadError.Reason =
      switch error.kind {
      case .connection: .unreachable
      case .cut: .connectionLost
      case .timeout: .timedOut
      case .certificate: .untrusted
      case .answer: .invalidResponse
      }
    return DownloadError(reason, file.url, expected: "a response", found: error.text)
  }

  private func unusable(expected: String, found: String) -> DownloadError {
    DownloadError(.invalidResponse, file.url, expected: expected, found: found)
  }
}

extension URL {
  /// Whether the URL is one of HTTP or HTTPS that names a host, and a port that can exist if any.
  package var isOnServer: Bool {
    guard let parts = URLComponents(url: self, resolvingAgainstBaseURL: true),
      let scheme = parts.scheme?.lowercased(), ["http", "https"].contains(scheme),
      parts.host?.isEmpty == false
    else { return false }
    // The number of a port beyond all integers is nil.
    return parts.rangeOfPort == nil || parts.port.map { (1...65_535).contains($0) } == true
  }

  /// The address without the password of a user, for messages, which end in logs.
  var withoutPassword: String {
    guard var parts = URLComponents(url: self, resolvingAgainstBaseURL: true),
      parts.password != nil
    else { return absoluteString }
    parts.password = nil
    return parts.string ?? host() ?? ""
  }
}
