import Pinion
import Testing

/// The same seed gives the same bits, run after run and whatever the number of threads.
@Suite struct RepeatabilityTests {
  struct Outcome: Equatable {
    var trainable, nonTrainable: [Float]
    var history: History
    var predictions: Tensor
  }

  private func train(threads: Int, seed: UInt64 = 3, samples: Int = 70) throws -> Outcome {
    let model = try Toy.model(seed: seed, threads: threads)
    let history = try model.fit(
      Toy.images(samples), validation: Toy.images(20, seed: 2), epochs: 2, batchSize: 33,
      verbose: false)
    return Outcome(
      trainable: model.weights.trainable.array, nonTrainable: model.weights.nonTrainable.array,
      history: history, predictions: try model.predict(Toy.images(9, seed: 4)))
  }

  @Test func threadsDoNotMatter() throws {
    let one = try train(threads: 1)
    #expect(Toy.areFinite(one.trainable))
    for threads in [1, 2, 3, 8] {
      for _ in 0..<2 { #expect(try train(threads: threads) == one, "\(threads) threads") }
    }
  }

  @Test func seedsMatter() throws {
    #expect(try train(threads: 2, seed: 3).trainable != train(threads: 2, seed: 4).trainable)
  }

  @Test func predictionsDoNotDependOnThreads() throws {
    let model = try Toy.model()
    let images = try Toy.images(50)
    let one = try model.predict(images, batchSize: 50)
    for threads in [1, 2, 3] {
      #expect(try model.predict(images, batchSize: 50, threads: threads) == one)
    }
    // Products of other sizes round otherwise; probabilities of three classes by a few units in the last place.
    for batchSize in [1, 2, 7, 16, 33] {
      let other = try model.predict(images, batchSize: batchSize)
      #expect((other - one).abs().max() < 1e-6, "batches of \(batchSize)")
    }
  }

  @Test func oneHotAndIndexTargetsTrainAlike() throws {
    func weights(_ encoding: LabelEncoding) throws -> [Float] {
      let images = try Toy.images(40, encoding: encoding)
      let model =
        encoding == .index
        ? try Model(Toy.network(), loss: .sparseCategoricalCrossEntropy, seed: 3)
        : try Model(Toy.network(), loss: .categoricalCrossEntropy, seed: 3)
      try model.fit(images, epochs: 2, batchSize: 16, verbose: false)
      return model.weights.trainable.array
    }
    let (index, oneHot) = (try weights(.index), try weights(.oneHot))
    for (a, b) in zip(index, oneHot) { #expect(abs(a - b) <= 1e-4 * max(1, abs(a))) }
  }
}
