internal import Foundation
internal import Glibc
internal import PinionTensor

/// A GET request and its timeout.
struct TransferRequest: Sendable {
  let url: String
  /// Headers in the form `Name: value`.
  let headers: [String]
  /// The time in seconds in which at least ``minimumBytes`` of the body must arrive, clamped to
  /// 0.001...1e9.
  let stallTimeout: Double
  let minimumBytes: Int

  init(url: String, headers: [String], stallTimeout: Double, minimumBytes: Int) {
    self.url = url
    self.headers = headers
    // The comparison is false for NaN.
    self.stallTimeout = stallTimeout >= 0.001 ? min(stallTimeout, 1e9) : 0.001
    self.minimumBytes = minimumBytes
  }
}

/// A failed transfer.
struct TransferError: Error, Sendable, Equatable {
  enum Kind: Sendable {
    /// No connection could be established.
    case connection
    /// The connection ended before the response was complete.
    case cut
    /// The connection was not established in time.
    case timeout
    /// The server's certificate is not trusted.
    case certificate
    /// The response is not valid HTTP or exceeds a limit.
    case answer
  }

  let kind: Kind
  /// libcurl's error message, which may contain text from the server.
  let text: String
}

/// A GET request as a sequence of events. Redirects are reported, not followed.
///
/// libcurl runs on a thread of its own, because waiting for the network must not block the threads
/// of Swift's concurrency. It runs only during ``next()``, so that a slow consumer slows the server
/// down and no data accumulates.
final class HTTPTransfer: Sendable {
  enum Event: Sendable {
    case head(HTTPHead)
    case data(Data)
  }

  private struct State {
    /// The consumer that waits for the next event.
    var demand: CheckedContinuation<Event?, any Error>?
    var isCancelled = false
    var isClosed = false
  }

  private let request: TransferRequest
  private let wakeup: WakeupSignal
  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var state = State()

  /// Starts the thread. Sends nothing before the first ``next()``. The caller must ``close()`` the
  /// transfer.
  ///
  /// - Throws: ``TransferError`` if no thread or file descriptor is available.
  init(_ request: TransferRequest) throws(TransferError) {
    self.request = request
    wakeup = try WakeupSignal()
    try start()
  }

  /// The next event; nil at the end of the response. Must not be called concurrently.
  ///
  /// - Throws: ``TransferError``, ``StallError``, or `CancellationError` as soon as the task is
  ///   cancelled.
  func next() async throws -> Event? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        lock.withLock {
          unsafe state.demand = continuation
          lock.wakeAll()
        }
      }
    } onCancel: {
      lock.withLock { unsafe state.isCancelled = true }
      wakeup.send()
    }
  }

  /// Ends the connection and the thread asynchronously.
  func close() {
    lock.withLock {
      unsafe state.isClosed = true
      lock.wakeAll()
    }
  }

  private func start() throws(TransferError) {
    var thread = pthread_t()
    let object = unsafe Unmanaged.passRetained(self)
    let status = unsafe pthread_create(
      &thread, nil,
      { object in
        guard let object = unsafe object else { return nil }
        unsafe Unmanaged<HTTPTransfer>.fromOpaque(object).takeRetainedValue().work()
        return nil
      }, unsafe object.toOpaque())
    guard status == 0 else {
      unsafe object.release()
      throw TransferError(
        kind: .connection, text: unsafe "no thread: \(String(cString: strerror(status)))")
    }
    pthread_detach(thread)
  }

  private func work() {
    // Blocks the process's signals on this thread, also SIGPIPE, which OpenSSL may raise; faults of
    // this thread are still reported.
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP] { unsafe sigdelset(&signals, fault) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    let transfer = Result { try CurlTransfer(request) }
    while let demand = nextDemand() {
      demand.resume(
        with: Result {
          try transfer.get().next(until: wakeup) { lock.withLock { unsafe state.isCancelled } }
        })
    }
  }

  /// Waits until a consumer waits for an event; nil when closed.
  private func nextDemand() -> CheckedContinuation<Event?, any Error>? {
    lock.withLock {
      while unsafe state.demand == nil, unsafe !state.isClosed { lock.wait() }
      defer { unsafe state.demand = nil }
      return unsafe state.demand
    }
  }
}

/// Wakes the thread that waits for a connection, through a socket that becomes and stays readable.
final class WakeupSignal: Sendable {
  /// The readable end.
  let descriptor: Int32
  private let sender: Int32

  /// - Throws: ``TransferError`` if no file descriptor is available.
  init() throws(TransferError) {
    var ends: [Int32] = [-1, -1]
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
    guard unsafe socketpair(AF_UNIX, Int32(kind), 0, &ends) == 0 else {
      throw unsafe TransferError(kind: .connection, text: String(cString: strerror(errno)))
    }
    (descriptor, sender) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(sender)
  }

  /// May be called from any thread, repeatedly.
  func send() {
    var byte: UInt8 = 1
    _ = unsafe Glibc.send(sender, &byte, 1, Int32(MSG_NOSIGNAL))
  }
}
