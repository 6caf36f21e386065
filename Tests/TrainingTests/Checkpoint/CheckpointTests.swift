import Foundation
import Pinion
import Testing

/// Training that was interrupted and resumed ends with the bits of training that was not.
@Suite struct CheckpointTests {
  /// Everything that a run leaves behind.
  struct Outcome: Equatable {
    var weights: [Float]
    var state: [Float]
    var history: History
    var stoppedEpoch, bestEpoch: Int?
    var csv: String
  }

  private let folder: URL

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "pinion-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  private func cleanUp() { try? FileManager.default.removeItem(at: folder) }

  private static let batches = 4
  private static let epochs = 6

  private func dataset(_ count: Int, seed: UInt64) throws -> ArrayDataset {
    let shape: Shape = [6, 6, 1]
    let inputs = Tensor.uniform(
      in: 0..<1, shape: shape.prepending(count), from: RandomStream(seed: seed, stream: 1))
    let labels = (0..<count).map { ($0 * 7 + Int(seed)) % 3 }
    return try ArrayDataset(
      inputs: (0..<count).map { inputs[$0].elements }, inputShape: shape, labels: labels,
      classes: 3, encoding: .oneHot)
  }

  private func model(threads: Int = 2) throws -> Model {
    try Model(
      Sequential(input: [6, 6, 1]) {
        BatchNormalization(axis: 1)
        Conv2D(4, kernel: 3, padding: .same, activation: .leakyReLU)
        MaxPool2D(padding: .same)
        Dropout(0.3)
        Flatten()
        BatchNormalization()
        Dense(3, activation: .softmax)
      },
      optimizer: Nadam(
        learningRate: .exponentialDecay(
          initialLearningRate: 0.01, decaySteps: 5, decayRate: 0.9)),
      loss: .categoricalCrossEntropy, seed: 11, threads: threads)
  }

  /// Trains, interrupted after the given numbers of batches, each time going on in a new model.
  private func train(interruptedAfter places: [Int], every interval: Checkpointing.Interval)
    throws -> Outcome
  {
    let file = folder.appending(path: "\(UUID().uuidString).safetensors")
    let csv = folder.appending(path: "\(UUID().uuidString).csv")
    var done = 0
    for place in places + [Int.max] {
      let model = try model(threads: 1 + done % 3)
      let stopping = EarlyStopping(
        monitor: "val_accuracy", patience: 3, restoreBestWeights: true)
      let interruption = ClosureCallback(batchDidEnd: { _, _, run in
        done += 1
        if done == place { run.interrupt() }
      })
      let training = try dataset(30, seed: 1).augmented(seed: 5) {
        RandomRotation(20)
        RandomBrightness(0.2)
        MixUp()
      }
      let history = try model.fit(
        training, validation: dataset(12, seed: 2), epochs: Self.epochs, batchSize: 8,
        callbacks: [
          ReduceLROnPlateau(monitor: "loss", factor: 0.5, patience: 1, minDelta: 0.05), stopping,
          CSVLogger(csv), interruption,
        ], checkpointing: Checkpointing(to: file, every: interval, resumes: true), verbose: false)
      guard place == .max else { continue }
      return Outcome(
        weights: model.weights.trainable.array, state: model.weights.nonTrainable.array,
        history: history, stoppedEpoch: stopping.stoppedEpoch, bestEpoch: stopping.bestEpoch,
        csv: try String(contentsOf: csv, encoding: .utf8))
    }
    throw CancellationError()
  }

  @Test func interruptionAfterAnyBatchChangesNothing() throws {
    defer { cleanUp() }
    let undisturbed = try train(interruptedAfter: [], every: .epochs(1))
    #expect(undisturbed.history.epochs.count > 3)
    for place in 1...undisturbed.history.epochs.count * Self.batches {
      let resumed = try train(interruptedAfter: [place], every: .epochs(1))
      #expect(resumed == undisturbed, "interrupted after batch \(place)")
    }
  }

  @Test func manyInterruptionsChangeNothing() throws {
    defer { cleanUp() }
    let undisturbed = try train(interruptedAfter: [], every: .epochs(1))
    let resumed = try train(interruptedAfter: [1, 2, 5, 8, 9, 13, 15], every: .batches(1))
    #expect(resumed == undisturbed)
  }

  @Test func finishedRunResumesToItsEnd() throws {
    defer { cleanUp() }
    let file = folder.appending(path: "checkpoint.safetensors")
    func run() throws -> ([Float], History) {
      let model = try model()
      let history = try model.fit(
        dataset(30, seed: 1), validation: dataset(12, seed: 2), epochs: 3, batchSize: 8,
        callbacks: [EarlyStopping(patience: 2, restoreBestWeights: true)],
        checkpointing: Checkpointing(to: file, resumes: true), verbose: false)
      return (model.weights.trainable.array, history)
    }
    let first = try run()
    let second = try run()
    #expect(first.0 == second.0)
    #expect(first.1 == second.1)
  }

  @Test func checkpointOfAnotherRunIsRefused() throws {
    defer { cleanUp() }
    let file = folder.appending(path: "checkpoint.safetensors")
    let csv = folder.appending(path: "log.csv")
    func run(_ model: Model, batchSize: Int = 8, samples: Int = 30) throws {
      try model.fit(
        dataset(samples, seed: 1), epochs: 2, batchSize: batchSize, callbacks: [CSVLogger(csv)],
        checkpointing: Checkpointing(to: file, resumes: true), verbose: false)
    }
    try run(model())
    let log = try String(contentsOf: csv, encoding: .utf8)
    let other = try Model(
      Sequential(input: [6, 6, 1]) {
        Flatten()
        Dense(3, activation: .softmax)
      }, loss: .categoricalCrossEntropy, seed: 11)
    let before = other.weights.trainable.array
    #expect(throws: FileError.self) { try run(other) }
    #expect(other.weights.trainable.array == before)
    #expect(throws: FileError.self) { try run(model(), batchSize: 7) }
    #expect(throws: FileError.self) { try run(model(), samples: 29) }
    #expect(try String(contentsOf: csv, encoding: .utf8) == log)
  }

  @Test func allThatDiffersIsNamed() throws {
    defer { cleanUp() }
    let file = folder.appending(path: "checkpoint.safetensors")
    func run(batchSize: Int, epochs: Int = 1, settings: [String: String]) throws {
      try model().fit(
        dataset(12, seed: 1), epochs: epochs, batchSize: batchSize,
        checkpointing: Checkpointing(to: file, resumes: true, settings: settings), verbose: false)
    }
    try run(batchSize: 8, settings: ["crop": "4", "flip": "yes", "zoom": "0.1"])
    let error = #expect(throws: FileError.self) {
      try run(batchSize: 6, settings: ["crop": "4", "flip": "no", "shear": "0.2"])
    }
    #expect(
      error?.expected
        == "the batch size: 6; flip: no; shear: 0.2; zoom: not given, as in this run")
    #expect(error?.found == "the batch size: 8; flip: yes; shear: not given; zoom: 0.1")
    // A longer run is the same run, and so is one with progress.
    try model().fit(
      dataset(12, seed: 1), epochs: 1, batchSize: 8,
      checkpointing: Checkpointing(
        to: file, resumes: true, settings: ["crop": "4", "flip": "yes", "zoom": "0.1"]))
    try run(batchSize: 8, epochs: 2, settings: ["crop": "4", "flip": "yes", "zoom": "0.1"])
  }

  /// The hyperparameters of callbacks, metrics, the optimizer and the loss belong to the run.
  @Test func hyperparametersThatDifferAreNamed() throws {
    defer { cleanUp() }
    let file = folder.appending(path: "checkpoint.safetensors").path
    func run(
      patience: Int = 2, minDelta: Double = 0, k: Int = 2, beta1: Double = 0.9,
      smoothing: Double = 0, extra: [any Callback] = [], metrics: [any Metric] = []
    ) throws {
      try Model(
        Sequential(input: [6, 6, 1]) {
          Flatten()
          Dense(3, activation: .softmax)
        }, optimizer: Adam(beta1: beta1),
        loss: .categoricalCrossEntropy(labelSmoothing: smoothing),
        metrics: [try TopKAccuracy(k: k)] + metrics, threads: 1
      ).fit(
        dataset(12, seed: 1), validation: dataset(6, seed: 2), epochs: 1, batchSize: 8,
        callbacks: [
          EarlyStopping(minDelta: minDelta, patience: patience), ReduceLROnPlateau(),
        ] + extra, checkpointing: Checkpointing(to: file, resumes: true), verbose: false)
    }
    try run()
    try run()
    func difference(_ body: () throws -> Void) -> [String?] {
      let error = #expect(throws: FileError.self, performing: body)
      return [error?.expected, error?.found]
    }
    #expect(
      difference { try run(patience: 3, minDelta: 0.5) } == [
        "the callback EarlyStopping, min delta: 0.5; the callback EarlyStopping, patience: 3, "
          + "as in this run",
        "the callback EarlyStopping, min delta: 0.0; the callback EarlyStopping, patience: 2",
      ])
    #expect(
      difference { try run(k: 1) } == [
        "the metric TopKAccuracy, k: 1, as in this run", "the metric TopKAccuracy, k: 2",
      ])
    #expect(
      difference { try run(beta1: 0.5, smoothing: 0.1) } == [
        "the loss, label smoothing: 0.1; the optimizer, beta1: 0.5, as in this run",
        "the loss, label smoothing: 0; the optimizer, beta1: 0.9",
      ])
    #expect(
      difference { try run(extra: [TerminatingCallback()]) } == [
        "the callbacks: EarlyStopping, ReduceLROnPlateau, TerminatingCallback, as in this run",
        "the callbacks: EarlyStopping, ReduceLROnPlateau",
      ])
    #expect(
      difference { try run(metrics: [Accuracy()]) } == [
        "the metrics: TopKAccuracy, Accuracy, as in this run", "the metrics: TopKAccuracy",
      ])
    // A callback that only shows progress is not part of the run.
    try run(extra: [ProgressDots()])
  }

  private final class TerminatingCallback: Callback {}

  private final class ProgressDots: Callback {
    var isCheckpointed: Bool { false }
  }

  @Test func brokenCheckpointsAreErrors() throws {
    defer { cleanUp() }
    let file = folder.appending(path: "checkpoint.safetensors")
    func run(resumes: Bool) throws -> Model {
      let model = try model(threads: 1)
      try model.fit(
        dataset(12, seed: 1), epochs: 1, batchSize: 8,
        checkpointing: Checkpointing(to: file, resumes: resumes), verbose: false)
      return model
    }
    _ = try run(resumes: false)
    let whole = try Data(contentsOf: file)
    let header = 8 + Int(whole.prefix(8).enumerated().reduce(0) { $0 + Int($1.1) << (8 * $1.0) })
    for position in stride(from: 0, to: header, by: 97) {
      try whole.prefix(position).write(to: file)
      #expect(throws: FileError.self) { try run(resumes: true) }
      var flipped = whole
      flipped[position] ^= 0x15
      try flipped.write(to: file)
      // A flipped digit may be as good as the true one; anything but an error or a run to the end
      // would be a trap.
      _ = try? run(resumes: true)
    }
    try whole.write(to: file)
    _ = try run(resumes: true)
  }
}
