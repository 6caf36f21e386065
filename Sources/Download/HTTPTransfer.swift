internal import Foundation
internal import Glibc
internal import PinionTensor

/// One GET request, as a sequence of events that are fetched one by one; redirections are told, not followed.
///
/// libcurl works on a thread of its own, as waiting for a network must not take one of those that tasks share. It works
/// only while ``next()`` waits: whoever is slow to take what arrives holds the server up, and no memory fills.
final class HTTPTransfer: Sendable {
  enum Event: Sendable {
    case head(HTTPHead)
    case data(Data)
  }

  private struct State {
    /// Who waits for the next event.
    var demand: CheckedContinuation<Event?, any Error>?
    var isCancelled = false
    var isClosed = false
  }

  private let request: TransferRequest
  private let wakeup: WakeupSignal
  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var state = State()

  /// Starts a thread; nothing is sent before the first ``next()``.
  ///
  /// Throws ``TransferError`` if the system has no thread or descriptor left. To be closed in the end.
  init(_ request: TransferRequest) throws(TransferError) {
    self.request = request
    wakeup = try WakeupSignal()
    try start()
  }

  /// The next event; nil at the end of the answer. To be awaited by one task at a time.
  ///
  /// Throws ``TransferError``, ``Stalled``, or `CancellationError` as soon as the task is cancelled.
  func next() async throws -> Event? {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        lock.withLock {
          state.demand = continuation
          lock.wakeAll()
        }
      }
    } onCancel: {
      lock.withLock { state.isCancelled = true }
      wakeup.send()
    }
  }

  /// Ends the connection and the thread, without waiting for either.
  func close() {
    lock.withLock {
      state.isClosed = true
      lock.wakeAll()
    }
  }

  private func start() throws(TransferError) {
    var thread = pthread_t()
    let object = Unmanaged.passRetained(self)
    let status = pthread_create(
      &thread, nil,
      { object in
        guard let object else { return nil }
        Unmanaged<HTTPTransfer>.fromOpaque(object).takeRetainedValue().work()
        return nil
      }, object.toOpaque())
    guard status == 0 else {
      object.release()
      throw TransferError(
        kind: .connection, text: "no thread: \(String(cString: strerror(status)))")
    }
    pthread_detach(thread)
  }

  private func work() {
    // The process's signals are for its other threads, and OpenSSL may raise SIGPIPE, which would end the process; but
    // a fault of this thread shall be reported.
    var signals = sigset_t()
    sigfillset(&signals)
    for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP] { sigdelset(&signals, fault) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let transfer = Result { try CurlTransfer(request) }
    while let demand = nextDemand() {
      demand.resume(
        with: Result {
          try transfer.get().next(until: wakeup) { lock.withLock { state.isCancelled } }
        })
    }
  }

  /// Waits for somebody who waits for an event; nil when closed.
  private func nextDemand() -> CheckedContinuation<Event?, any Error>? {
    lock.withLock {
      while state.demand == nil, !state.isClosed { lock.wait() }
      defer { state.demand = nil }
      return state.demand
    }
  }
}
