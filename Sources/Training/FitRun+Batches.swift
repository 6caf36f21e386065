internal import PinionData
internal import PinionTensor

/// Which samples an epoch's batches contain, and the check of the last one.
extension FitRun {
  /// Starts the loader at the position in the epoch. Which samples are left depends only on the
  /// seed, the epoch and the number of finished batches.
  func startLoader() throws {
    var order = sampleOrder()
    if order == nil, state.batch > 0 || sampleCount < loader.dataset.count {
      order = Array(0..<sampleCount)
    }
    try loader.startEpoch(
      order: order.map { Array($0.prefix(sampleCount).dropFirst(state.batch * batchSize)) },
      epoch: state.epochsBegun - 1, isContinued: state.totals.loss.weight > 0)
  }

  /// The order of the samples in the epoch under way; nil for the natural one.
  func sampleOrder() -> [Int]? {
    guard shuffle else { return nil }
    return BatchLoader.shuffledOrder(
      count: loader.dataset.count, seed: model.seed, epoch: state.epochsBegun - 1)
  }

  /// Checks the weights after the last update of an epoch or before an interruption, before they
  /// are evaluated or saved.
  func checkLastUpdate(by samples: Batch) throws {
    var batch = state.batch - 1
    do {
      if samples.count > 0 { return try model.requireFiniteLoss(samples) }
      // All samples were skipped, and those of the last update are no longer in memory.
      let again = try BatchLoader(
        loader.dataset, batchSize: batchSize, onReadFailure: .skip(limit: .max), pool: model.pool)
      let (order, epoch) = (sampleOrder(), state.epochsBegun - 1)
      while batch > 0 {
        batch -= 1
        let places = batch * batchSize..<min(sampleCount, (batch + 1) * batchSize)
        try again.startEpoch(
          order: places.map { order?[$0] ?? $0 }, epoch: epoch, isContinued: true)
        guard let samples = try again.next(), samples.count > 0 else { continue }
        return try model.requireFiniteLoss(samples)
      }
    } catch let error as TrainingError {
      throw error.at(epoch: state.epoch, batch: batch)
    }
  }
}
