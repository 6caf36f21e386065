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

  func trainingWillBegin(run: any TrainingRun) {
    totals = Totals()
    begin = now()
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
    totals.seconds += begin.duration(to: time) / .seconds(1)
    begin = time
  }
}
