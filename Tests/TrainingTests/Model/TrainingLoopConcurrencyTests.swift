import Pinion
import Testing

/// The training loop on several threads, small enough for the thread sanitizer.
@Suite struct TrainingLoopConcurrencyTests {
  @Test(arguments: [2, 3]) func trainingAndPredicting(threads: Int) throws {
    let model = try Toy.model(threads: threads)
    let images = try Toy.images(34)
    try model.fit(
      images, validation: images, epochs: 2, batchSize: 16,
      callbacks: [EarlyStopping(restoreBestWeights: true)], verbose: false)
    #expect(try model.predict(images, threads: threads).shape == [34, 3])
  }

  @Test func severalModelsAtOnceOnOnePool() async throws {
    let expected = try train()
    try await withThrowingTaskGroup(of: [Float].self) { group in
      for _ in 0..<4 { group.addTask { try train() } }
      for try await weights in group { #expect(weights == expected) }
    }
  }

  private func train() throws -> [Float] {
    let model = try Model(
      Toy.network(), loss: .categoricalCrossEntropy, seed: 5)
    try model.fit(Toy.images(20), epochs: 1, batchSize: 10, verbose: false)
    return model.weights.trainable.array
  }
}
