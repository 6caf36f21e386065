internal import Foundation
internal import FoundationNetworking

/// One attempt to get the bytes of a file that are not here yet.
struct FileRequest {
  let file: RemoteFile
  let part: PartialFile
  let options: DownloadOptions
  let report: (DownloadProgress.Phase, Int) -> Void

  /// Returns when the part has as many bytes as the file; throws ``DownloadError`` or `FileError`.
  func run() async throws {
    if let origin = part.origin, origin.url != file.url.absoluteString || origin.validator == nil {
      try part.clear()
    }
    if part.origin == nil || part.count > file.size { try part.clear() }
    if part.count == file.size { return }
    var url = file.url
    for _ in 0...options.redirections {
      guard let next = try await get(url) else {
        guard part.count == file.size else { throw truncated() }
        return
      }
      guard ["http", "https"].contains(next.scheme), next.host() != nil,
        url.scheme != "https" || next.scheme == "https"
      else {
        throw DownloadError(
          .redirection, file.url, expected: "redirections to http and https, and never from https",
          found: "one from \(url.absoluteString) to \(next.absoluteString)")
      }
      url = next
    }
    throw DownloadError(
      .redirection, file.url, expected: "at most \(options.redirections) redirections",
      found: "one more, to \(url.absoluteString)")
  }

  /// Takes the answer, or returns where the server says it is.
  private func get(_ url: URL) async throws -> URL? {
    var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData)
    // Transport compression would change the bytes, and the ranges with them.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    request.setValue("pinion-datasets", forHTTPHeaderField: "User-Agent")
    request.timeoutInterval = max(60, 4 * options.stallTimeout)
    let offset = part.count
    if offset > 0, let validator = part.origin?.validator {
      request.setValue("bytes=\(offset)-", forHTTPHeaderField: "Range")
      request.setValue(validator, forHTTPHeaderField: "If-Range")
    }
    var hasHead = false
    var target: URL??
    do {
      try await HTTPTransfer.run(
        request, stallTimeout: options.stallTimeout, minimumBytes: options.minimumBytes
      ) { event in
        switch event {
        case .redirection(let url):
          target = .some(url)
        case .head(let head):
          hasHead = true
          try take(head, offset: offset)
        case .data(let data):
          guard hasHead else { return }
          try take(data)
        }
      }
    } catch let error as URLError {
      throw failure(error, hasHead: hasHead)
    } catch let error as Stalled {
      throw DownloadError(
        .timedOut, file.url,
        expected: "at least \(options.minimumBytes) bytes in \(options.stallTimeout) s",
        found: "\(error.received)")
    }
    if let target {
      guard let url = target else {
        throw unusable(expected: "a redirection to an address", found: "one to none")
      }
      return url
    }
    guard hasHead else {
      throw unusable(expected: "an HTTP answer with the file", found: "one without")
    }
    return nil
  }

  private func take(_ head: HTTPHead, offset: Int) throws {
    if let encoding = head["content-encoding"], encoding.lowercased() != "identity" {
      throw unusable(expected: "the file as it is", found: "the encoding \(encoding)")
    }
    switch head.status {
    case 200:
      try check(total: head.contentLength)
      let origin = PartialFileOrigin(url: file.url.absoluteString, head: head)
      try part.begin(origin)
    case 206 where offset > 0:
      guard let range = head.contentRange, range.start == offset else {
        let found = head["content-range"] ?? "none"
        try part.clear()
        throw unusable(
          expected: "the range from byte \(offset) on, to the end", found: "the range \(found)")
      }
      try check(total: range.total)
    case 416:
      // The file has become shorter than its part.
      try part.clear()
      throw DownloadError(
        .connectionLost, file.url, expected: "the range from byte \(offset) on",
        found: "HTTP status 416")
    default:
      throw DownloadError(
        .status(head.status), file.url, expected: "HTTP status 200",
        found: "\(head.status) \(HTTPURLResponse.localizedString(forStatusCode: head.status))",
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

  private func check(total: Int?) throws {
    guard let total, total != file.size else { return }
    try part.clear()
    throw DownloadError(
      .wrongLength, file.url, expected: "\(file.size) bytes",
      found: "\(total), as the server says")
  }

  private func truncated() -> DownloadError {
    DownloadError(
      .connectionLost, file.url, expected: "\(file.size) bytes",
      found: "the end after \(part.count)")
  }

  private func failure(_ error: URLError, hasHead: Bool) -> DownloadError {
    if hasHead { return truncated() }
    let reason: DownloadError.Reason = error.code == .timedOut ? .timedOut : .unreachable
    return DownloadError(
      reason, file.url, expected: "an answer", found: error.localizedDescription)
  }

  private func unusable(expected: String, found: String) -> DownloadError {
    DownloadError(.unusableAnswer, file.url, expected: expected, found: found)
  }
}
