internal import Glibc
internal import Pinion
internal import Synchronization

/// Set by the signal handler, which may do no more than that.
private let wasInterrupted = Atomic<Bool>(false)

/// Ends training after the batch in which Ctrl-C was pressed; a second Ctrl-C ends the program at once.
final class InterruptionWatch: Callback {
  private(set) var isInterrupted = false

  var addedLogNames: Set<String>? { [] }

  func trainingWillBegin(_ run: any TrainingRun) {
    signal(SIGINT) { _ in
      wasInterrupted.store(true, ordering: .relaxed)
      signal(SIGINT, SIG_DFL)
    }
  }

  func batchDidEnd(_ batch: Int, logs: Logs, _ run: any TrainingRun) {
    guard wasInterrupted.load(ordering: .relaxed) else { return }
    isInterrupted = true
    run.interrupt()
  }
}
