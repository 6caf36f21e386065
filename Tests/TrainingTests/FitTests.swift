import Pinion
import Testing

@testable import PinionTraining

@Suite struct FitTests {
  /// Keeps the targets of each batch that it is shown.
  private struct TargetRecorder: Metric {
    final class Tape: Sendable, Codable, Equatable {
      nonisolated(unsafe) var batches: [[Float]] = []

      static func == (left: Tape, right: Tape) -> Bool { left === right }
    }

    private(set) var tape = Tape()
    var name: String { "recorded" }
    var higherIsBetter: Bool { true }
    var value: Double { 0.0 }

    mutating func reset() {}

    mutating func add(
      predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
    ) throws { tape.batches.append(targets.array) }
  }

  private func fitLine(
    samples: Int, epochs: Int = 1, batchSize: Int, shuffle: Bool, seed: UInt64 = 0
  ) throws -> [[Float]] {
    let recorder = TargetRecorder()
    let model = try Model(
      Samples.line(), loss: .meanSquaredError, metrics: [recorder], seed: seed, threads: 2)
    try model.fit(
      Samples.indices(samples), epochs: epochs, batchSize: batchSize, shuffle: shuffle,
      verbose: false)
    return recorder.tape.batches
  }

  @Test func withoutShufflingTheOrderIsNaturalAndThePartialBatchIsUsed() throws {
    let batches = try fitLine(samples: 10, epochs: 2, batchSize: 4, shuffle: false)
    #expect(batches.map(\.count) == [4, 4, 2, 4, 4, 2])
    #expect(batches.flatMap { $0 } == (0..<20).map { Float($0 % 10) })
  }

  @Test(arguments: [1, 10, 11, 1_000])
  func anyBatchSizeUsesEachSampleOnce(batchSize: Int) throws {
    let batches = try fitLine(samples: 10, batchSize: batchSize, shuffle: true)
    #expect(batches.count == (9 / batchSize) + 1)
    #expect(batches.flatMap { $0 }.sorted() == (0..<10).map { Float($0) })
  }

  @Test func aSecondFitGoesOnShuffling() throws {
    let recorder = TargetRecorder()
    let model = try Model(
      Samples.line(), loss: .meanSquaredError, metrics: [recorder], seed: 5, threads: 1)
    for _ in 0..<2 {
      try model.fit(Samples.indices(12), epochs: 2, batchSize: 12, verbose: false)
    }
    let orders = (0..<4).map { BatchLoader.shuffledOrder(count: 12, seed: 5, epoch: $0) }
    #expect(recorder.tape.batches == orders.map { $0.map { Float($0) } })
    #expect(Set(orders).count == 4)
    #expect(model.epochsBegun == 4)
    #expect(model.steps == 4)
  }

  @Test func theLossOfAnEpochIsTheMeanOverItsSamplesWhileWeightsChange() throws {
    let data = try Samples.images(50)
    let model = try Model(Samples.perceptron(), optimizer: SGD(learningRate: 0.1), threads: 1)
    let twin = try Model(Samples.perceptron(), optimizer: SGD(learningRate: 0.1), threads: 1)
    var running: [Double] = []
    let history = try model.fit(
      data, batchSize: 16, shuffle: false,
      callbacks: [
        ClosureCallback(batchDidEnd: { _, logs, _ in running.append(logs["loss"] ?? .nan) })
      ], verbose: false)
    let loader = try BatchLoader(data, batchSize: 16)
    try loader.startEpoch()
    var sum = 0.0
    var means: [Double] = []
    while let batch = try loader.next() {
      let loss = try twin.trainStep(
        inputs: batch.input, targets: batch.target, count: batch.count
      ).meanLoss
      sum += loss * Double(batch.count)
      means.append(sum / Double(batch.indices.upperBound))
    }
    #expect(running == means)
    #expect(history["loss"] == [means[3]])
    #expect(twin.bits == model.bits)
    // The last batch has two samples of fifty: a mean of the batches' means would be another
    // number.
    #expect(means.count == 4)
  }

  @Test func validationFollowsTheEpoch() throws {
    let (training, validation) = try Samples.images(50).split(validation: 0.3)
    #expect((0..<15).map { validation.baseIndex(of: $0) } == Array(35..<50))
    let model = try Model(Samples.personal(), threads: 1)
    var checked = 0
    let history = try model.fit(
      training, validation: validation, epochs: 3, batchSize: 16,
      callbacks: [
        ClosureCallback(epochDidEnd: { _, logs, _ in
          let evaluation = try model.evaluate(validation, batchSize: 16)
          #expect(logs["val_loss"] == evaluation.loss)
          #expect(logs["val_accuracy"] == evaluation.accuracy)
          checked += 1
        })
      ], verbose: false)
    #expect(checked == 3)
    #expect(history.keys == ["accuracy", "loss", "val_accuracy", "val_loss"])
    #expect(history.epochs == [0, 1, 2])
    #expect(Set(history["val_loss"]).count == 3)
  }

  @Test func withoutValidationThereAreNoValuesOfIt() throws {
    let model = try Model(Samples.perceptron(), threads: 1)
    let history = try model.fit(Samples.images(20), verbose: false)
    #expect(history.keys == ["accuracy", "loss"])
  }

  @Test func evaluationDoesNotDependOnTheBatchesButByRounding() throws {
    let model = try Model(Samples.personal(), threads: 1)
    try model.fit(Samples.images(40), batchSize: 8, verbose: false)
    let data = try Samples.images(33)
    let before = model.bits
    let losses = try [1, 7, 33, 100].map { try model.evaluate(data, batchSize: $0).loss }
    for loss in losses { #expect(abs(loss - losses[0]) <= 1e-6 * losses[0]) }
    #expect(model.bits == before)
  }

  @Test func indicesAndOneHotVectorsTrainAlike() throws {
    let sparse = try Model(Samples.personal(), optimizer: Nadam(), threads: 2)
    let dense = try Model(
      Samples.personal(), optimizer: Nadam(), loss: .categoricalCrossEntropy, threads: 2)
    let first = try sparse.fit(
      Samples.images(60), validation: Samples.images(20), epochs: 2, batchSize: 16, verbose: false)
    let second = try dense.fit(
      Samples.images(60, encoding: .oneHot), validation: Samples.images(20, encoding: .oneHot),
      epochs: 2, batchSize: 16, verbose: false)
    #expect(sparse.bits == dense.bits)
    #expect(first == second)
  }

  @Test func noEpochsChangeNothing() throws {
    let model = try Model(Samples.perceptron(), threads: 1)
    let before = model.bits
    var hooks: [String] = []
    let history = try model.fit(
      Samples.images(10), epochs: 0,
      callbacks: [
        ClosureCallback(
          trainingWillBegin: { _ in hooks.append("begin") },
          trainingDidEnd: { logs, _ in hooks.append("end \(logs.count)") })
      ], verbose: false)
    #expect(history.keys == [] && history.epochs == [])
    #expect(hooks == ["begin", "end 0"])
    #expect(model.bits == before)
  }

  @Test func whatDoesNotFitIsRefusedBeforeTraining() throws {
    let model = try Model(Samples.perceptron(), threads: 1)
    let data = try Samples.images(10)
    let before = model.bits
    #expect(throws: TrainingError.argument("epochs", expected: "0 or more", found: "-1")) {
      try model.fit(data, epochs: -1, verbose: false)
    }
    #expect(throws: ArgumentError.self) { try model.fit(data, batchSize: 0, verbose: false) }
    #expect(throws: TrainingError.noSamples("training")) {
      try model.fit(data.prefix(0), verbose: false)
    }
    #expect(throws: TrainingError.noSamples("validation")) {
      try model.fit(data, validation: data.prefix(0), verbose: false)
    }
    #expect(throws: TrainingError.noSamples("evaluated")) { try model.evaluate(data.prefix(0)) }
    #expect(throws: TrainingError.inputShape(expected: [7, 7, 1], found: [1])) {
      try model.fit(Samples.indices(4), verbose: false)
    }
    #expect(throws: LayerError.self) {
      try model.fit(Samples.images(10, encoding: .oneHot), verbose: false)
    }
    #expect(throws: LayerError.self) {
      try model.fit(data, validation: Samples.images(10, encoding: .oneHot), verbose: false)
    }
    #expect(model.bits == before)
    #expect(model.epochsBegun == 0)
  }
}
