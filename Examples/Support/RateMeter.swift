internal import Pinion

/// Measures how long training takes, and how many images a second its steps, without validation. A run that goes on from
/// a checkpoint adds to what was measured before it; what an interruption lost counts neither as time nor as images.
final class RateMeter: Callback {
  private struct Totals: Codable {
    var images = 0
    /// Of the steps alone.
    var stepSeconds = 0.0
    /// With validation.
    var seconds = 0.0
  }

  private let now: () -> ContinuousClock.Instant
  private var totals = Totals()
  private var begin: ContinuousClock.Instant
  private var lastStep: ContinuousClock.Instant

  /// - Parameter now: What tells the time; tests have a clock of their own.
  init(now: @escaping () -> ContinuousClock.Instant = { .now }) {
    self.now = now
    (begin, lastStep) = (now(), now())
  }

  /// How long training took, with validation.
  var seconds: Double { totals.seconds }

  /// Images of training by the time of their steps.
  var imagesPerSecond: Double {
    totals.stepSeconds > 0 ? Double(totals.images) / totals.stepSeconds : 0
  }

  func trainingWillBegin(_ run: any TrainingRun) {
    totals = Totals()
    begin = now()
  }

  func epochWillBegin(_ epoch: Int, _ run: any TrainingRun) { lastStep = now() }

  func epochWillResume(_ epoch: Int, batch: Int, _ run: any TrainingRun) { lastStep = now() }

  func batchDidEnd(_ batch: Int, logs: Logs, _ run: any TrainingRun) {
    let time = now()
    totals.stepSeconds += lastStep.duration(to: time) / .seconds(1)
    totals.images += min(run.batchSize, run.trainingCount - batch * run.batchSize)
    lastStep = time
  }

  func trainingDidEnd(logs: Logs, _ run: any TrainingRun) { countTime() }

  func saveState() throws -> CallbackState? {
    countTime()
    return try CallbackState(totals)
  }

  func restoreState(_ state: CallbackState) throws { totals = try state.decode(Totals.self) }

  private func countTime() {
    let time = now()
    totals.seconds += begin.duration(to: time) / .seconds(1)
    begin = time
  }
}
