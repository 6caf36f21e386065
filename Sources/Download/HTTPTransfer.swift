internal import Foundation
internal import FoundationNetworking
internal import Synchronization

/// One GET request, as a sequence of events; redirections are told, not followed.
final class HTTPTransfer: NSObject, URLSessionDataDelegate {
  enum Event: Sendable {
    case head(HTTPHead)
    case redirection(to: URL?)
    case data(Data)
  }

  /// What arrives, until the end of the answer or an error.
  let events: AsyncThrowingStream<Event, any Error>
  private let continuation: AsyncThrowingStream<Event, any Error>.Continuation
  private let received = Atomic<Int>(0)

  override init() {
    (events, continuation) = AsyncThrowingStream.makeStream()
  }

  /// Sends the request; `body` sees each event in turn.
  ///
  /// Throws what `body` throws, `URLError`, ``Stalled`` or `CancellationError`.
  static func run(
    _ request: URLRequest, stallTimeout: Double, minimumBytes: Int,
    _ body: (Event) throws -> Void
  ) async throws {
    let transfer = HTTPTransfer()
    let configuration = URLSessionConfiguration.ephemeral
    configuration.urlCache = nil
    configuration.httpShouldSetCookies = false
    let session = URLSession(
      configuration: configuration, delegate: transfer, delegateQueue: nil)
    // The session keeps its delegate until it is told that it ends.
    defer { session.invalidateAndCancel() }
    let watchdog = transfer.watch(every: stallTimeout, minimumBytes: minimumBytes)
    defer { watchdog.cancel() }
    session.dataTask(with: request).resume()
    for try await event in transfer.events { try body(event) }
    try Task.checkCancellation()
  }

  /// Ends the events when too little arrives. URLSession's own time limit counts whole seconds without a byte, so that
  /// a trickle would go on for ever.
  private func watch(every seconds: Double, minimumBytes: Int) -> Task<Void, any Error> {
    Task {
      var before = 0
      while true {
        try await Task.sleep(for: .seconds(seconds))
        let now = received.load(ordering: .relaxed)
        guard now - before >= minimumBytes else {
          return continuation.finish(throwing: Stalled(received: now - before))
        }
        before = now
      }
    }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    continuation.yield(.redirection(to: request.url))
    completionHandler(nil)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse { continuation.yield(.head(HTTPHead(response))) }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    received.add(data.count, ordering: .relaxed)
    continuation.yield(.data(data))
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    continuation.finish(throwing: error)
  }
}
