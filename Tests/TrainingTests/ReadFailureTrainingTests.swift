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
}
