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

/// Measures the duration of training and the throughput of its steps in images per second, without
/// validation. Resumed runs add to the values in the checkpoint; work lost by an interruption is
/// not counted.
final class RateMeter: Callback {
  private struct Totals: Codable {
    var images = 0
    /// Training steps only.
    var stepSeconds = 0.0
    /// Including validation.
    var seconds = 0.0
  }

  private let now: () -> ContinuousClock.Instant
  private var totals = Totals()
  private var start: ContinuousClock.Instant
  private var lastStep: ContinuousClock.Instant

  /// - Parameter now: The clock; tests replace it.
  init(now: @escaping () -> ContinuousClock.Instant = { .now }) {
    self.now = now
    (start, lastStep) = (now(), now())
  }

  /// The duration of training, including validation.
  var seconds: Double { totals.seconds }

  /// Training images divided by the duration of their steps.
  var imagesPerSecond: Double {
    totals.stepSeconds > 0 ? Double(totals.images) / totals.stepSeconds : 0
  }

  func trainingWillBegin(run: any TrainingRun) {
    totals = Totals()
    start = now()
  }

  func epochWillBegin(epoch: Int, run: any TrainingRun) { lastStep = now() }

  func epochWillResume(epoch: Int, batch: Int, run: any TrainingRun) { lastStep = now() }

  func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) {
    let time = now()
    totals.stepSeconds += lastStep.duration(to: time) / .seconds(1)
    totals.images += min(run.batchSize, run.sampleCount - batch * run.batchSize)
    lastStep = time
  }

  func trainingDidEnd(logs: Logs, run: any TrainingRun) { countTime() }

  func saveState() throws -> CallbackState? {
    countTime()
    return try CallbackState(totals)
  }

  var addedLogNames: Set<String>? { [] }

  func check(state: CallbackState, epochs: Int) throws {
    let totals = try state.decode(Totals.self)
    func require(_ condition: Bool, _ value: String, _ found: Any) throws {
      guard !condition else { return }
      throw CallbackError.invalidState(
        callback: "RateMeter", value: value, expected: "0...2^53", found: "\(found)")
    }
    let limit = 0x1p53
    try require((0...limit).contains(Double(totals.images)), "images", totals.images)
    try require((0...limit).contains(totals.stepSeconds), "stepSeconds", totals.stepSeconds)
    try require((0...limit).contains(totals.seconds), "seconds", totals.seconds)
  }

  func restore(state: CallbackState) throws { totals = try state.decode(Totals.self) }

  private func countTime() {
    let time = now()
    totals.seconds += start.duration(to: time) / .seconds(1)
    start = time
  }
}
