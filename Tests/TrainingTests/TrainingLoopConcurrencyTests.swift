import Pinion
import Testing

@testable import PinionTraining

/// Little work on several threads, for the thread sanitizer: `make sanitize-thread`.
@Suite struct TrainingLoopConcurrencyTests {
  @Test func trainingSharesItsThreadsWithTheLoader() throws {
    let model = try Model(Samples.personal(), optimizer: Nadam(), threads: 3)
    let history = try model.fit(
      Samples.images(40), validation: Samples.images(10), epochs: 2, batchSize: 16,
      callbacks: [EarlyStopping(restoreBestWeights: true)], verbose: false)
    #expect(history.epochs == [0, 1])
  }

  @Test func anInterruptedEpochLeavesNoWorkBehind() throws {
    for batch in 0..<3 {
      let model = try Model(Samples.perceptron(), threads: 3)
      try model.fit(
        Samples.images(40), batchSize: 8,
        callbacks: [
          ClosureCallback(batchDidEnd: { number, _, run in if number == batch { run.interrupt() } })
        ], verbose: false)
      #expect(model.steps == batch + 1)
    }
  }

  @Test func predictionsOnSeveralThreads() throws {
    let model = try Model(Samples.personal(), threads: 2)
    let data = try Samples.images(20)
    let outputs = try model.predict(data, batchSize: 8)
    #expect(try model.predict(data, batchSize: 8, threads: 3) == outputs)
  }

  @Test func modelsOnOnePool() throws {
    let pool = ThreadPool(threads: 3)
    let losses = AlignedBuffer(count: 2)
    let view = losses.view
    // Two models of the process's pool, each trained by a thread of its own.
    pool.run(count: 2) { index, _ in
      guard let model = try? Model(Samples.perceptron()), let data = try? Samples.images(24),
        let history = try? model.fit(data, batchSize: 8, verbose: false)
      else { return }
      view[index] = Float(history["loss"][0])
    }
    #expect(view[0] > 0 && view[0] == view[1])
  }
}
