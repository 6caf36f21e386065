internal import Glibc
public import PinionData
internal import PinionLayers
internal import PinionOptimizers
internal import PinionTensor

/// The losses of a short training at rising learning rates.
public struct LearningRateSearch: Sendable, Equatable {
  /// The rates, a geometric progression.
  public let rates: [Double]
  /// The loss of the batch at each rate, smoothed by an exponential moving average of decay 0.9
  /// with bias correction.
  public let losses: [Double]

  /// The rate at which the smoothed loss falls the most from one step to the next, nil if it never
  /// falls.
  public var steepest: Double? {
    let falls = zip(losses, losses.dropFirst()).map { $0 - $1 }
    guard let index = falls.indices.max(by: { falls[$0] < falls[$1] }), falls[index] > 0 else {
      return nil
    }
    return rates[index]
  }

  /// The rate at which the smoothed loss is least.
  public var lowest: Double? {
    losses.indices.min { losses[$0] < losses[$1] }.map { rates[$0] }
  }
}

extension Model {
  /// A learning rate range test: trains a batch at each of `steps` rates in geometric progression
  /// from `lowest` to `highest`, then restores the weights and the optimizer's state.
  ///
  /// Ends early once the smoothed loss is four times its least value, if that is positive, or not
  /// finite. Smith 2015 (arXiv:1506.01186). A common choice is ``LearningRateSearch/steepest``.
  ///
  /// Throws as `fit` does, except for numbers that are not finite, and
  /// ``TrainingError/argument(_:expected:found:)`` if an argument is outside its range.
  public func searchLearningRate(
    _ training: some Dataset, from lowest: Double = 1e-7, to highest: Double = 10,
    steps: Int = 100, batchSize: Int = Batch.defaultSize
  ) throws -> LearningRateSearch {
    try check(training, "training")
    guard lowest > 0, highest > lowest, highest.isFinite else {
      throw TrainingError.argument(
        "the rates", expected: "positive, finite and rising", found: "\(lowest) to \(highest)")
    }
    guard steps >= 2 else {
      throw TrainingError.argument("steps", expected: "2 or more", found: "\(steps)")
    }
    let loader = try BatchLoader(training, batchSize: batchSize, pool: pool)
    let before = UpdateSnapshot(weights.trainable, state.optimizer)
    let stateBefore = AlignedBuffer(copying: weights.nonTrainable)
    let rateBefore = state.learningRateOverride
    defer {
      before.restore(weights.trainable, state.optimizer)
      weights.nonTrainable.copy(from: stateBefore.view)
      state.learningRateOverride = rateBefore
    }
    var (rates, losses) = ([Double](), [Double]())
    var (sum, weight, epoch) = (0.0, 0.0, 0)
    let growth = 1 / Double(steps - 1)
    for step in 0..<steps {
      let batch = try nextBatch(of: loader, epoch: &epoch)
      let rate = lowest * pow(highest / lowest, Double(step) * growth)
      state.learningRateOverride = rate
      do {
        let workspace = try trainStep(batch)
        sum = 0.9 * sum + 0.1 * (workspace.meanLoss + lastPenalty)
      } catch let error as TrainingError where error.isNonFinite {
        break
      }
      weight = 0.9 * weight + 0.1
      rates.append(rate)
      losses.append(sum / weight)
      // A multiple of a loss that may be negative, as the cosine similarity, says nothing.
      if let least = losses.min(), least > 0, sum / weight > 4 * least { break }
    }
    return LearningRateSearch(rates: rates, losses: losses)
  }

  private func nextBatch(of loader: BatchLoader, epoch: inout Int) throws -> Batch {
    while true {
      if let batch = try loader.next() { return batch }
      try loader.startEpoch(
        order: BatchLoader.shuffledOrder(
          count: loader.dataset.count, seed: seed, epoch: epoch), epoch: epoch)
      epoch += 1
    }
  }
}
