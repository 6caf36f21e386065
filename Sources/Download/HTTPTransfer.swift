internal import Dispatch
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

  private struct State {
    var received = 0
    /// What had been received when it was last looked at.
    var receivedBefore = 0
    var isCancelled = false
    var isRedirected = false
  }

  private let events: AsyncThrowingStream<Event, any Error>
  private let continuation: AsyncThrowingStream<Event, any Error>.Continuation
  private let state = Mutex(State())

  private override init() {
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
    defer { session.finishTasksAndInvalidate() }
    let task = session.dataTask(with: request)
    // URLSession's own time limit counts whole seconds without a byte, so that a trickle would go on
    // for ever.
    let watchdog = DispatchSource.makeTimerSource(queue: .global())
    watchdog.schedule(deadline: .now() + stallTimeout, repeating: stallTimeout)
    watchdog.setEventHandler { transfer.look(minimumBytes: minimumBytes) }
    watchdog.activate()
    defer { watchdog.cancel() }
    task.resume()
    defer { transfer.cancel(task) }
    for try await event in transfer.events { try body(event) }
    try Task.checkCancellation()
  }

  /// Ends the events if too little has arrived since the last look.
  private func look(minimumBytes: Int) {
    let count = state.withLock { state in
      defer { state.receivedBefore = state.received }
      return state.received - state.receivedBefore
    }
    if count < minimumBytes { continuation.finish(throwing: Stalled(received: count)) }
  }

  /// URLSession traps when a task that was cancelled is told not to follow a redirection, and the other
  /// way round.
  private func cancel(_ task: URLSessionTask) {
    state.withLock { state in
      state.isCancelled = true
      if !state.isRedirected { task.cancel() }
    }
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    state.withLock { state in
      guard !state.isCancelled else { return }
      state.isRedirected = true
      completionHandler(nil)
    }
    continuation.yield(.redirection(to: request.url))
    continuation.finish()
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    if let response = response as? HTTPURLResponse { continuation.yield(.head(HTTPHead(response))) }
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    state.withLock { $0.received += data.count }
    continuation.yield(.data(data))
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    continuation.finish(throwing: error)
  }
}
