import Foundation
import Pinion
import PinionTestSupport
import Testing

/// Averages of weights in `fit`.
@Suite struct WeightAveragingTests {
  private func model(_ optimizer: some Optimizer, threads: Int) throws -> Model {
    try Model(Samples.personal(), optimizer: optimizer, seed: 3, threads: threads)
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

  /// A run of PyTorch's, with its `AveragedModel`.
  private struct TorchRun: Decodable {
    let inputs, targets: [Float]
    let initial, average: [String: [Float]]
  }

  private struct TorchFile: Decodable { let averaging: TorchRun }

  @Test func averageIsPyTorchs() throws {
    let fixture = try Fixture.load("torch_training", as: TorchFile.self).averaging
    let model = try Model(
      Sequential(input: [4]) {
        Dense(3, activation: .tanh, name: "hidden")
        Dense(2, name: "output")
      }, optimizer: SGD(learningRate: 0.1, momentum: 0.9), loss: .meanSquaredError, threads: 1)
    for entry in model.weights.entries {
      let values = try #require(fixture.initial[entry.name])
      for (i, value) in values.enumerated() { model.weights.view(of: entry)[i] = value }
    }
    try model.fit(
      ArrayDataset(
        inputs: fixture.inputs, inputShape: [4], targets: fixture.targets, targetShape: [2]),
      epochs: 6, batchSize: 8, callbacks: [StochasticWeightAveraging(startEpoch: 1, interval: 2)],
      verbose: false)
    for entry in model.weights.entries {
      let expected = try #require(fixture.average[entry.name])
      #expect(
        relativeDifference(model.weights.view(of: entry).array, expected) < 1e-6, "\(entry.name)")
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

  /// The rate is set once: at the start epoch, or at the first one if training begins after it.
  @Test(arguments: [0, 2, 4]) func learningRateOfAveraging(initial: Int) throws {
    let model = try model(SGD(learningRate: 0.1), threads: 1)
    var rates: [Double] = []
    try model.fit(
      Samples.images(10), epochs: 7, initialEpoch: initial,
      callbacks: [
        StochasticWeightAveraging(startEpoch: 2, learningRate: 0.04),
        ClosureCallback(
          epochWillBegin: { _, run in rates.append(run.learningRate) },
          epochDidEnd: { epoch, _, run in if epoch == 5 { run.learningRate = 0.01 } }),
      ], verbose: false)
    #expect(rates == (initial..<7).map { $0 < 2 ? 0.1 : $0 < 6 ? 0.04 : 0.01 })
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
