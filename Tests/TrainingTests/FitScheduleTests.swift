import Foundation
import Pinion
import Synchronization
import Testing

@testable import PinionTraining

/// Which epochs, batches and validations `fit` runs.
@Suite struct FitScheduleTests {
  private func model() throws -> Model {
    try Model(Samples.personal(), optimizer: SGD(learningRate: 0.1), seed: 5, threads: 2)
  }

  @Test func epochsStartFromTheInitialOne() throws {
    let (whole, parts) = (try model(), try model())
    let data = try Samples.images(40)
    let history = try whole.fit(data, epochs: 4, batchSize: 10, verbose: false)
    try parts.fit(data, epochs: 2, batchSize: 10, verbose: false)
    var seen: [Int] = []
    let second = try parts.fit(
      data, epochs: 4, initialEpoch: 2, batchSize: 10,
      callbacks: [ClosureCallback(epochWillBegin: { epoch, _ in seen.append(epoch) })],
      verbose: false)
    #expect(seen == [2, 3] && second.epochs == [2, 3])
    #expect(second["loss"] == Array(history["loss"][2...]))
    #expect(parts.bits == whole.bits)
  }

  @Test func stepsAnEpochAreTheFirstOfItsOrder() throws {
    let data = try Samples.images(45)
    var batches = 0
    var samples = 0
    let model = try model()
    try model.fit(
      data, epochs: 3, batchSize: 10, stepsPerEpoch: 3,
      callbacks: [
        ClosureCallback(
          trainingWillBegin: { samples = $0.sampleCount },
          batchDidEnd: { _, _, _ in batches += 1 })
      ], verbose: false)
    #expect(batches == 9 && model.steps == 9 && samples == 30)
    let (all, given) = (try self.model(), try self.model())
    try all.fit(data, batchSize: 10, verbose: false)
    try given.fit(data, batchSize: 10, stepsPerEpoch: 5, verbose: false)
    #expect(all.bits == given.bits)
  }

  @Test func validationsAreRareAndShort() throws {
    let model = try model()
    let (data, validation) = (try Samples.images(40), try Samples.images(30))
    let stopping = EarlyStopping(patience: 100)
    let history = try model.fit(
      data, validation: validation, epochs: 5, batchSize: 10, validationSteps: 2,
      validationFrequency: 2, callbacks: [stopping, ReduceLROnPlateau()], verbose: false)
    #expect(history["loss"].count == 5 && history["val_loss"].count == 2)
    #expect(history.logs(ofEpoch: 1)?["val_loss"] != nil)
    #expect(history.logs(ofEpoch: 2)?["val_loss"] == nil)
    #expect(stopping.bestEpoch == 1 || stopping.bestEpoch == 3)
    let fresh = try self.model()
    #expect(
      try fresh.evaluate(validation, batchSize: 10, steps: 2).loss
        == fresh.evaluate(Samples.images(20), batchSize: 10).loss)
  }

  @Test func numbersOutsideTheirRangesAreErrors() throws {
    let model = try model()
    let data = try Samples.images(20)
    #expect(throws: TrainingError.self) { try model.fit(data, initialEpoch: -1) }
    #expect(throws: TrainingError.self) { try model.fit(data, batchSize: 10, stepsPerEpoch: 3) }
    #expect(throws: TrainingError.self) { try model.fit(data, stepsPerEpoch: 0) }
    #expect(throws: TrainingError.self) { try model.fit(data, validationSteps: 0) }
    #expect(throws: TrainingError.self) { try model.fit(data, validationFrequency: 0) }
    #expect(throws: TrainingError.self) { try model.evaluate(data, steps: 0) }
    #expect(model.steps == 0)
  }

  /// A checkpoint of a partial schedule resumes, and not under another one.
  @Test func schedulesResume() throws {
    let file = FileManager.default.temporaryDirectory.appending(
      path: "pinion-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    let data = try Samples.images(40)
    func fit(_ model: Model, steps: Int = 3, to file: URL?, _ callbacks: [any Callback] = [])
      throws -> History
    {
      try model.fit(
        data, validation: data, epochs: 5, initialEpoch: 2, batchSize: 10, stepsPerEpoch: steps,
        validationSteps: 1, validationFrequency: 2, callbacks: callbacks,
        checkpointing: file.map { Checkpointing(to: $0, every: .batches(1), resumes: true) },
        verbose: false)
    }
    let whole = try model()
    let expected = try fit(whole, to: nil)
    for place in [2, 3] {
      var count = 0
      let bell = Bell { run in
        count += 1
        if count == place { run.interrupt() }
      }
      _ = try fit(model(), to: file, [bell])
    }
    #expect(throws: FileError.self) { try fit(model(), steps: 2, to: file) }
    let last = try model()
    #expect(try fit(last, to: file) == expected)
    #expect(last.bits == whole.bits)
  }

  /// An interruption before the first batch of an epoch ends training after that batch, with a
  /// checkpoint.
  @Test func interruptionsBeforeABatchResume() throws {
    final class Gate: Callback {
      let closed: Int?
      var isCheckpointed: Bool { false }
      init(_ closed: Int?) { self.closed = closed }
      func epochWillBegin(epoch: Int, run: any TrainingRun) throws {
        if epoch == closed { run.interrupt() }
      }
    }
    let file = FileManager.default.temporaryDirectory.appending(
      path: "pinion-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    let data = try Samples.images(40)
    func fit(_ model: Model, to file: URL?, closed: Int?) throws -> History {
      try model.fit(
        data, epochs: 5, batchSize: 10,
        callbacks: [LearningRateScheduler { _, rate in rate * 0.7 }, Gate(closed)],
        checkpointing: file.map { Checkpointing(to: $0, every: .epochs(4), resumes: true) },
        verbose: false)
    }
    let whole = try model()
    let expected = try fit(whole, to: nil, closed: nil)
    #expect(try fit(model(), to: file, closed: 2).epochs == [0, 1])
    #expect(FileManager.default.fileExists(atPath: file.path))
    let last = try model()
    #expect(try fit(last, to: file, closed: nil) == expected)
    #expect(last.bits == whole.bits)
  }

  /// Hears of each batch; checkpoints do not know it.
  private final class Bell: Callback {
    private let ring: (any TrainingRun) -> Void
    var isCheckpointed: Bool { false }
    init(_ ring: @escaping (any TrainingRun) -> Void) { self.ring = ring }
    func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws { ring(run) }
  }

  @Test func trainingCanStopAtNumbersThatAreNotFinite() throws {
    let data = try Samples.indices(40)
    let model = try Model(
      Samples.line(), optimizer: SGD(learningRate: 1e30), loss: .meanSquaredError, metrics: [],
      threads: 1)
    let history = try model.fit(
      data, epochs: 3, batchSize: 10, onNonFinite: .stop, verbose: false)
    #expect(history.epochs.isEmpty)
    #expect(model.weights.trainable.array.allSatisfy { $0.isFinite })
    #expect(throws: TrainingError.self) {
      try model.fit(data, epochs: 3, batchSize: 10, verbose: false)
    }
  }

  /// Progress, messages of callbacks and warnings, only of the task under the handler.
  @Test func messagesGoToAHandler() async throws {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent, \.standardErrorContent]
    ) {
      let (outer, inner) = (Messages(), Messages())
      let tests = FitScheduleTests()
      let data = ReadFailureTrainingTests.Points(broken: [3])
      func fit(_ callbacks: [any Callback], verbose: Bool = true) throws {
        try ReadFailureTrainingTests().model().fit(
          data, epochs: 2, batchSize: 10, onReadFailure: .skip(limit: 1), callbacks: callbacks,
          verbose: verbose)
      }
      try withLogHandler({ message in outer.all.withLock { $0.append(message) } }) {
        try fit([
          LearningRateScheduler(verbose: true) { _, rate in rate }, ProgressBar(style: .bar),
        ])
        try withLogHandler({ message in inner.all.withLock { $0.append(message) } }) {
          try fit([], verbose: false)
          _ = try tests.sorted().split(validation: 0.5)
        }
      }
      await withLogHandler({ message in inner.all.withLock { $0.append(message) } }) {
        await Task.yield()
        _ = try? tests.sorted().split(validation: 0.5)
      }
      let texts = outer.texts
      try #require(texts.count == 7)
      #expect(
        texts[0] == "info: Epoch 1: LearningRateScheduler setting learning rate to 0.1.")
      #expect(
        texts[1] == "warning: skipped, training data: sample 3 (points/3): a file that went away")
      #expect(texts[2...3].allSatisfy { $0.hasPrefix("info: Epoch 1/2 - ") })
      #expect(texts[5...6].allSatisfy { $0.hasPrefix("info: Epoch 2/2 - ") })
      let notice = "warning: split(validation:) takes the last samples"
      #expect(inner.texts.count == 3 && inner.texts[0] == texts[1])
      #expect(inner.texts[1...].allSatisfy { $0.hasPrefix(notice) })
    }
    for content in [result?.standardOutputContent, result?.standardErrorContent] {
      let text = String(decoding: content ?? [], as: UTF8.self)
      #expect(!text.contains("Epoch") && !text.contains("pinion:"), "\(text)")
    }
  }

  private func sorted() throws -> ArrayDataset {
    let labels = (0..<40).map { $0 / 20 }
    return try ArrayDataset(
      inputs: labels.map { [Float($0)] }, inputShape: [1], labels: labels, classes: 2)
  }

  @Test func linesGoToAClosure() throws {
    var lines: [String] = []
    try model().fit(
      Samples.images(20), epochs: 2, batchSize: 10, callbacks: [ProgressBar { lines.append($0) }],
      verbose: false)
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix("Epoch 1/2 - ") && lines[1].hasPrefix("Epoch 2/2 - "))
    #expect(lines.allSatisfy { $0.contains("loss: ") && !$0.contains("\n") })
  }
}

/// What a handler was given.
private final class Messages: Sendable {
  let all = Mutex<[LogMessage]>([])

  var texts: [String] { all.withLock { $0.map { "\($0.level): \($0.text)" } } }
}
