import Pinion
import Testing

/// Equal seeds give equal bits with any number of threads.
@Suite struct DeterminismTests {
  private func train(threads: Int, seed: UInt64 = 1) throws -> (model: Model, history: History) {
    let model = try Model(
      Samples.personal(), optimizer: Nadam(), seed: seed, threads: threads)
    let history = try model.fit(
      Samples.images(150), validation: Samples.images(30), epochs: 2, batchSize: 32, verbose: false)
    return (model, history)
  }

  @Test func trainingIsTheSameOnAnyNumberOfThreads() throws {
    let reference = try train(threads: 1)
    for threads in [1, 2, 2, 3, 3, 8, 8] {
      let (model, history) = try train(threads: threads)
      #expect(model.bits == reference.model.bits, "\(threads) threads")
      for key in ["loss", "accuracy", "val_loss", "val_accuracy"] {
        #expect(history.bits(key) == reference.history.bits(key), "\(key), \(threads) threads")
        #expect(history[key].count == 2)
      }
    }
  }

  @Test func anotherSeedGivesAnotherModel() throws {
    let (one, other) = (try train(threads: 2), try train(threads: 2, seed: 2))
    #expect(one.model.bits != other.model.bits)
    #expect(one.history["loss"] != other.history["loss"])
  }

  @Test func shufflingAndDropoutFollowTheSeed() throws {
    // The same first weights, the rest by another seed.
    let (one, other) = (
      try train(threads: 1),
      try Model(
        Samples.personal(), optimizer: Nadam(), seed: 2, threads: 1)
    )
    let first = try Model(Samples.personal(), seed: 1, threads: 1)
    other.weights.trainable.copy(from: first.weights.trainable)
    try other.fit(Samples.images(150), epochs: 2, batchSize: 32, verbose: false)
    #expect(one.model.bits != other.bits)
  }

  @Test(arguments: [1, 4, 100])
  func predictionsAreTheSameOnAnyNumberOfThreads(batchSize: Int) throws {
    let (model, _) = try train(threads: 2)
    let data = try Samples.images(50)
    let reference = try model.predict(data, batchSize: batchSize, threads: 1)
    #expect(reference.shape == [50, 3])
    for threads in [2, 3, 8, 2] {
      #expect(try model.predict(data, batchSize: batchSize, threads: threads) == reference)
    }
  }

  /// Matrix products of other sizes may sum in another order: probabilities differ by a few units
  /// in the last place.
  @Test(arguments: [1, 2, 3, 5, 16, 17, 49, 51])
  func batchesOfPredictionsDifferByRoundingAlone(batchSize: Int) throws {
    let (model, _) = try train(threads: 2)
    let data = try Samples.images(50)
    let reference = try model.predict(data, batchSize: 50).elements
    let other = try model.predict(data, batchSize: batchSize).elements
    #expect(zip(reference, other).allSatisfy { abs($0 - $1) <= 2e-6 })
  }
}
