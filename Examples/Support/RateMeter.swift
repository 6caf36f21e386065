internal import Pinion

/// Measures how many images a second training takes, without validation.
final class RateMeter: Callback {
  private var seconds = 0.0
  private var images = 0
  /// Batches of the epoch that were done before a resumption.
  private var skipped = 0
  private var epochStart = ContinuousClock.now
  private var lastBatch = ContinuousClock.now

  var imagesPerSecond: Double { seconds > 0 ? Double(images) / seconds : 0 }

  func epochWillBegin(_ epoch: Int, _ run: any TrainingRun) {
    epochStart = .now
    skipped = 0
  }

  func epochWillResume(_ epoch: Int, batch: Int, _ run: any TrainingRun) {
    epochStart = .now
    skipped = batch
  }

  func batchDidEnd(_ batch: Int, logs: Logs, _ run: any TrainingRun) {
    lastBatch = .now
    guard batch + 1 == run.batchesPerEpoch else { return }
    seconds += epochStart.duration(to: lastBatch) / .seconds(1)
    images += run.trainingCount - skipped * run.batchSize
  }
}
