internal import Glibc
internal import Pinion
internal import Synchronization

/// The signal that interrupts training, 0 for none. Set by the signal handler.
private let receivedSignal = Atomic<Int32>(0)

/// Stops training after the current batch on SIGINT, SIGTERM or SIGHUP. A second signal, or one
/// outside of training, terminates the process. A SIGHUP that the parent process ignores, as under
/// `nohup`, stays ignored.
final class InterruptionWatch: Callback {
  /// The status of a process that the signal interrupted, 128 plus its number, as in shells; nil
  /// without one.
  private(set) var exitStatus: Int32?
  /// The signals and their actions before training.
  private var previous: [(signal: Int32, action: sigaction)] = []

  var addedLogNames: Set<String>? { [] }

  func trainingWillBegin(run: any TrainingRun) {
    receivedSignal.store(0, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { signal in
      receivedSignal.store(signal, ordering: .relaxed)
      // So that a second signal terminates the process.
      _ = Glibc.signal(SIGINT, SIG_DFL)
      _ = Glibc.signal(SIGTERM, SIG_DFL)
      _ = Glibc.signal(SIGHUP, SIG_DFL)
    }
    action.sa_flags = SA_RESTART
    var signals = sigset_t()
    sigemptyset(&signals)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      var before = sigaction()
      guard sigaction(signal, nil, &before) == 0,
        signal != SIGHUP || !Self.isIgnored(before), sigaction(signal, &action, nil) == 0
      else { continue }
      previous.append((signal, before))
      sigaddset(&signals, signal)
    }
    // The parent process may have blocked the signals, as Foundation's `Process` does.
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) {
    let signal = receivedSignal.load(ordering: .relaxed)
    guard signal != 0 else { return }
    exitStatus = 128 + signal
    run.interrupt()
  }

  func trainingDidEnd(logs: Logs, run: any TrainingRun) {
    for (signal, action) in previous {
      var action = action
      sigaction(signal, &action, nil)
    }
    previous = []
  }

  private static func isIgnored(_ action: sigaction) -> Bool {
    unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
