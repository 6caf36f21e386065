import Pinion

/// Interrupts training after some time, and says how many images a second it took.
///
/// The first two batches are not counted: they make the memory that the others find.
final class BurstTimer: Callback {
  private static let uncounted = 2

  private let limit: Duration
  private var batches = 0
  private var images = 0
  private var start = ContinuousClock.now
  private var elapsed = Duration.zero

  init(seconds: Double) { limit = .seconds(seconds) }

  var imagesPerSecond: Double { Double(images) / (elapsed / .seconds(1)) }

  func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) {
    batches += 1
    guard batches > Self.uncounted else {
      start = .now
      return
    }
    images += min(run.batchSize, run.sampleCount - batch * run.batchSize)
    elapsed = start.duration(to: .now)
    if elapsed >= limit { run.interrupt() }
  }
}
