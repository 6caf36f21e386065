import Foundation
import Pinion
import Testing

/// Training and evaluation with samples that cannot be read.
@Suite struct ReadFailureTrainingTests {
  struct Broken: Error, CustomStringConvertible {
    let description = "a file that went away"
  }

  /// Points of two classes; some of the files are gone.
  struct Points: Dataset {
    var broken: Set<Int> = [3, 17, 40, 41, 42, 43]
    let count = 60
    let inputShape: Shape = [2]
    let targetShape: Shape = [1]

    func source(of index: Int) -> String? { "points/\(index)" }

    func copyInput(at index: Int, into view: MemoryView<Float>) throws {
      if broken.contains(index) { throw Broken() }
      (view[0], view[1]) = (Float(index % 2) - 0.5, Float(index) / 60)
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(index % 2) }
  }

  func model(threads: Int = 2) throws -> Model {
    try Model(
      Sequential(input: [2]) { Dense(2, activation: .softmax) }, optimizer: SGD(learningRate: 0.1),
      loss: .sparseCategoricalCrossEntropy, metrics: [Accuracy()], seed: 1, threads: threads)
  }

  @Test func trainingStopsWithTheSamplesName() throws {
    let model = try model()
    let error = #expect(throws: SampleError.self) {
      try model.fit(Points(broken: [17]), epochs: 2, batchSize: 10, verbose: false)
    }
    #expect(error?.index == 17 && error?.source == "points/17")
    #expect(error?.description == "sample 17 (points/17): a file that went away")
    #expect(throws: SampleError.self) { try model.evaluate(Points()) }
    #expect(throws: SampleError.self) { try model.predict(Points()) }
    #expect(throws: SampleError.self) {
      try model.fit(
        Points(broken: []), validation: Points(broken: [5]), batchSize: 10, verbose: false)
    }
  }

  /// Samples that are skipped leave the same bits on any number of threads, and no trace in the
  /// metrics.
  @Test func skippedSamplesCountNowhere() throws {
    var weights: [[Float]] = []
    for threads in [1, 2, 3, 5] {
      let model = try model(threads: threads)
      // Four broken ones are a whole batch in natural order.
      try model.fit(
        Points(), validation: Points(), epochs: 3, batchSize: 4, onReadFailure: .skip(limit: 6),
        shuffle: false, verbose: false)
      weights.append(model.weights.trainable.array)
    }
    #expect(weights.allSatisfy { $0 == weights[0] })
    let model = try model()
    let evaluation = try model.evaluate(Points(), onReadFailure: .skip(limit: 6))
    #expect(evaluation.skippedSamples.map(\.index) == [3, 17, 40, 41, 42, 43])
    let readable = (0..<60).filter { !Points().broken.contains($0) }
    let expected = try model.evaluate(Points(broken: []).subset(readable))
    #expect(evaluation.accuracy == expected.accuracy)
    #expect(abs(evaluation.loss - expected.loss) < 1e-6)
    #expect(expected.skippedSamples == [])
    #expect(throws: SampleError.self) {
      try model.evaluate(Points(), onReadFailure: .skip(limit: 5))
    }
  }

  /// The run's sessions, each resumed from the one before; returns the last one's model.
  private func sessions(
    _ batches: [Int], data: Points = Points(), limit: Int, file: URL
  ) throws -> Model {
    for count in batches {
      var left = count
      let interruption = ClosureCallback(batchDidEnd: { _, _, run in
        left -= 1
        if left == 0 { run.interrupt() }
      })
      try fit(model(), data, limit: limit, [interruption], to: file)
    }
    let model = try model()
    // The callbacks of a run are the same.
    try fit(model, data, limit: limit, [ClosureCallback()], to: file)
    return model
  }

  private func fit(
    _ model: Model, _ data: Points, limit: Int, _ callbacks: [any Callback], to file: URL?
  ) throws {
    try model.fit(
      data, validation: Points(broken: [5]), epochs: 1, batchSize: 4,
      onReadFailure: .skip(limit: limit), shuffle: false, callbacks: callbacks,
      checkpointing: file.map { Checkpointing(to: $0, resumes: true) }, verbose: false)
  }

  /// Skipped samples count in a resumed run, and are reported once.
  @Test func skippedSamplesAreResumed() async throws {
    let folder = TemporaryFolder()
    for (index, places) in [[1], [2], [11], [1, 2, 3, 4]].enumerated() {
      let file = folder.url.appending(path: "\(index)")
      let whole = try model()
      try fit(whole, Points(), limit: 6, [], to: nil)
      let resumed = try sessions(places, limit: 6, file: file)
      #expect(resumed.bits == whole.bits, "\(places)")
      // One is skipped before the interruption, and five behind it.
      #expect(throws: SampleError.self) {
        try sessions(places, limit: 5, file: folder.url.appending(path: "\(index) limited"))
      }
    }
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) {
      let folder = TemporaryFolder()
      _ = try ReadFailureTrainingTests().sessions(
        [1, 5], limit: 6, file: folder.url.appending(path: "run"))
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    for index in Points().broken.union([5]) {
      #expect(text.ranges(of: "points/\(index))").count == 1, "\(text)")
    }
  }

  /// Where only samples that are skipped are left of an epoch.
  @Test func resumesBeforeSkippedSamples() throws {
    let folder = TemporaryFolder()
    let data = Points(broken: [56, 57, 58, 59])
    let whole = try model()
    try fit(whole, data, limit: 4, [], to: nil)
    let resumed = try sessions([14], data: data, limit: 4, file: folder.url.appending(path: "run"))
    #expect(resumed.bits == whole.bits)
  }

  /// An update is examined at the end of an epoch, also if the batches behind it are empty.
  @Test(arguments: [[56, 57, 58, 59], Array(48..<60)])
  func lastUpdateIsExamined(broken: [Int]) throws {
    let data = Points(broken: Set(broken))
    let last = (60 - broken.count) / 4 - 1
    let model = try Model(
      Sequential(input: [2]) {
        Dense(3)
        Dense(2, activation: .softmax)
      }, optimizer: SGD(learningRate: 0.1), seed: 1, threads: 2)
    // Before the last update that is made: finite weights become too large for a loss.
    let giant = ClosureCallback(batchDidEnd: { batch, _, run in
      if batch == last - 1 { run.learningRate = 1e30 }
    })
    let error = #expect(throws: TrainingError.self) {
      try fit(model, data, limit: 12, [giant], to: nil)
    }
    guard case .nonFiniteUpdate(epoch: 0, batch: last, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
