internal import Glibc
internal import Pinion
internal import Synchronization

/// Set by the signal handler, which may do no more than that.
private let wasInterrupted = Atomic<Bool>(false)

/// Ends training after the batch in which Ctrl-C was pressed; a second Ctrl-C ends the program at once, as does one before or
/// after training.
final class InterruptionWatch: Callback {
  private(set) var isInterrupted = false
  /// What was done about the signal before.
  private var previous: sigaction?

  var addedLogNames: Set<String>? { [] }

  func trainingWillBegin(run: any TrainingRun) {
    wasInterrupted.store(false, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in wasInterrupted.store(true, ordering: .relaxed) }
    // The first signal puts the system's own action back: the second ends the program.
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    var before = sigaction()
    if sigaction(SIGINT, &action, &before) == 0 { previous = before }
    // Whoever started the program may have left the signal blocked, as Foundation's `Process` does.
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
