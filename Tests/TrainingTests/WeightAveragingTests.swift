import Foundation
import Pinion
import Testing

/// Averages of weights, accumulation and Lookahead in `fit`, and their resumption.
@Suite struct WeightAveragingTests {
  private static let optimizers: [any Optimizer] = [
    ExponentialMovingAverage(Adam(learningRate: 0.01), momentum: 0.8, overwriteFrequency: 3),
    ExponentialMovingAverage(
      Lookahead(
        GradientAccumulation(
          AdamW(learningRate: 0.01, clipping: .globalNorm(0.5)), steps: 3),
        synchronizationPeriod: 2), momentum: 0.7, isUsedAtEpochEnd: true),
    RMSprop(learningRate: 0.01, momentum: 0.5, centered: true, clipping: .norm(0.5)),
    Adagrad(learningRate: 0.05), Adadelta(learningRate: 1), Adamax(learningRate: 0.01),
    Lion(weightDecay: 0.1), LAMB(learningRate: 0.01), LARS(), Muon(learningRate: 0.01),
    SGD(learningRate: .warmup(steps: 5, then: .oneCycle(maximumRate: 0.1, totalSteps: 20))),
    SGD(learningRate: .cyclic(baseRate: 0.01, maximumRate: 0.1, riseSteps: 3), momentum: 0.9),
  ]

  private func model(_ optimizer: some Optimizer, threads: Int) throws -> Model {
    try Model(Samples.personal(), optimizer: optimizer, seed: 3, threads: threads)
  }

  private static func callbacks() -> [any Callback] {
    [
      StochasticWeightAveraging(startEpoch: 1, learningRate: 0.005),
      EarlyStopping(monitor: "loss", patience: 9, restoreBestWeights: false),
    ]
  }

  /// Interrupted after each of two batches and resumed in a new model, on 1, 2 and 3 threads.
  @Test(arguments: optimizers.indices) func resumptionChangesNothing(index: Int) throws {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let optimizer = Self.optimizers[index]
    let data = try Samples.images(40)
    let usesCallbacks = index < 2
    func fit(_ model: Model, _ callbacks: [any Callback], to file: URL?) throws -> History {
      try model.fit(
        data, validation: data, epochs: 3, batchSize: 10, callbacks: callbacks,
        checkpointing: file.map { Checkpointing(to: $0, every: .batches(1), resumes: true) },
        verbose: false)
    }
    let whole = try model(optimizer, threads: 1)
    let expected = try fit(whole, usesCallbacks ? Self.callbacks() : [], to: nil)
    for threads in [1, 2, 3] {
      let file = folder.appending(path: "\(threads).safetensors")
      for place in [3, 6] {
        let interruption = Interruption(after: place)
        _ = try fit(
          model(optimizer, threads: threads),
          (usesCallbacks ? Self.callbacks() : []) + [interruption], to: file)
        #expect(interruption.count == 0)
      }
      let last = try model(optimizer, threads: threads)
      let history = try fit(last, usesCallbacks ? Self.callbacks() : [], to: file)
      #expect(last.bits == whole.bits, "\(type(of: optimizer)), \(threads) threads")
      #expect(history == expected)
    }
  }

  /// Ends training after so many batches; checkpoints do not know it.
  private final class Interruption: Callback {
    var count: Int
    var isCheckpointed: Bool { false }

    init(after count: Int) { self.count = count }

    func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws {
      count -= 1
      if count == 0 { run.interrupt() }
    }
  }

  /// The mean of the weights after epochs 1, 3 and 5.
  @Test func stochasticWeightAverage() throws {
    final class Recorder: Callback {
      var weights: [[Float]] = []
      func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
        let snapshot = run.weightsSnapshot()
        withExtendedLifetime(snapshot) { weights.append(snapshot.parameters.view.array) }
      }
    }
    let model = try model(SGD(learningRate: 0.1), threads: 2)
    let recorder = Recorder()
    let averaging = StochasticWeightAveraging(startEpoch: 1, interval: 2)
    try model.fit(
      Samples.images(40), epochs: 6, batchSize: 10, callbacks: [recorder, averaging],
      verbose: false)
    #expect(averaging.count == 3)
    for (i, value) in model.weights.trainable.array.enumerated() {
      let mean = [1, 3, 5].reduce(0) { $0 + Double(recorder.weights[$1][i]) } / 3
      #expect(abs(Double(value) - mean) <= 1e-6 * (1 + abs(mean)))
    }
  }

  /// `fit` ends with the average, which validation sees before if asked to.
  @Test func movingAverageIsUsed() throws {
    let data = try Samples.images(40)
    func train(_ usedAtEnd: Bool) throws -> (model: Model, history: History) {
      let model = try model(
        ExponentialMovingAverage(
          SGD(learningRate: 0.1), momentum: 0.9, isUsedAtEpochEnd: usedAtEnd), threads: 2)
      let history = try model.fit(
        data, validation: data, epochs: 2, batchSize: 10, verbose: false)
      return (model, history)
    }
    let (raw, averaged) = (try train(false), try train(true))
    #expect(raw.model.bits == averaged.model.bits)
    #expect(raw.history["loss"] == averaged.history["loss"])
    #expect(raw.history["val_loss"] != averaged.history["val_loss"])
    #expect(
      try averaged.model.evaluate(data, batchSize: 10).loss == averaged.history["val_loss"][1])
  }

  @Test func argumentsOfAveragingAreChecked() throws {
    let model = try model(SGD(), threads: 1)
    for callback in [
      StochasticWeightAveraging(startEpoch: -1), .init(startEpoch: 0, interval: 0),
      .init(startEpoch: 0, learningRate: .nan),
    ] {
      #expect(throws: CallbackError.self) {
        try model.fit(Samples.images(10), callbacks: [callback], verbose: false)
      }
    }
  }
}
