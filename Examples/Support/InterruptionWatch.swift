internal import Glibc
internal import Pinion
internal import Synchronization

/// Set by the signal handler.
private let wasInterrupted = Atomic<Bool>(false)

/// Stops training after the current batch on SIGINT. A second SIGINT, or one outside of training,
/// terminates the process.
final class InterruptionWatch: Callback {
  private(set) var isInterrupted = false
  /// The previous signal action.
  private var previous: sigaction?

  var addedLogNames: Set<String>? { [] }

  func trainingWillBegin(run: any TrainingRun) {
    wasInterrupted.store(false, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in wasInterrupted.store(true, ordering: .relaxed) }
    // `SA_RESETHAND` restores the default action, so that a second signal terminates the process.
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    var before = sigaction()
    if sigaction(SIGINT, &action, &before) == 0 { previous = before }
    // The parent process may have blocked the signal, as Foundation's `Process` does.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) {
    guard wasInterrupted.load(ordering: .relaxed) else { return }
    isInterrupted = true
    run.interrupt()
  }

  func trainingDidEnd(logs: Logs, run: any TrainingRun) {
    guard var action = previous else { return }
    sigaction(SIGINT, &action, nil)
    previous = nil
  }
}
