import Foundation
import Pinion
import Synchronization
import Testing

/// Frozen networks, asked by many threads at once.
@Suite struct PredictorTests {
  /// Wide enough for every algorithm of convolution, with all that is prepared for predictions.
  private func model(seed: UInt64 = 1) throws -> Model {
    let model = try Model(
      Sequential(input: [20, 20, 1]) {
        BatchNormalization(axis: 1)
        Conv2D(16, kernel: 3, padding: .same, activation: .relu)
        Conv2D(16, kernel: 3, padding: .same, activation: .leakyReLU(negativeSlope: 0.1))
        MaxPool2D()
        Dropout(0.3)
        BatchNormalization()
        Conv2D(16, kernel: 2, padding: .same, activation: .tanh)
        MaxPool2D(padding: .same)
        Conv2D(16, kernel: 3, padding: .same)
        Flatten()
        Dense(3, activation: .softmax)
      }, seed: seed, threads: 1)
    try model.fit(Self.images(60), epochs: 1, batchSize: 20, verbose: false)
    return model
  }

  private static func images(_ count: Int) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: inputs(count), labels: (0..<count).map { $0 % 3 }, classes: 3)
  }

  private static func inputs(_ count: Int) -> Tensor {
    Tensor.uniform(shape: [count, 20, 20, 1], from: RandomStream(seed: 3, purpose: "images"))
  }

  @Test(arguments: [1, 2, 4, 5, 30]) func agreesWithTheModel(batchSize: Int) throws {
    let model = try model()
    let expected = try model.predict(Self.inputs(30), batchSize: 30)
    let found = try Predictor(model).predict(Self.inputs(30), batchSize: batchSize)
    #expect(found.shape == [30, 3])
    for (f, e) in zip(found.elements, expected.elements) { #expect((f - e).magnitude < 1e-5) }
  }

  @Test func doesNotDependOnThreadsOrOnWhatCameBefore() throws {
    let model = try model()
    let alone = try Predictor(model)
    for batchSize in [1, 3, 7] {
      let expected = try alone.predict(Self.inputs(7), batchSize: batchSize)
      for threads in [1, 2, 3] {
        let predictor = try Predictor(model, threads: threads)
        #expect(try predictor.predict(Self.inputs(7), batchSize: batchSize) == expected)
        _ = try predictor.predict(Self.inputs(5), batchSize: 2)
        #expect(try predictor.predict(Self.inputs(7), batchSize: batchSize) == expected)
      }
    }
  }

  @Test func trainingOnDoesNotChangeIt() throws {
    let model = try model()
    let predictor = try Predictor(model)
    let before = try predictor.predict(Self.inputs(3))
    try model.fit(Self.images(60), epochs: 1, batchSize: 20, verbose: false)
    #expect(try predictor.predict(Self.inputs(3)) == before)
    #expect(try Predictor(model).predict(Self.inputs(3)) != before)
  }

  /// Eight threads with one predictor, one image and many at a time, get the bits of a single
  /// thread.
  @Test(arguments: [1, 2]) func servesManyThreadsAtOnce(threads: Int) throws {
    let predictor = try Predictor(model(), threads: threads)
    let inputs = Self.inputs(12)
    let expected = try [1, 5, 12].map { try predictor.predict(inputs, batchSize: $0) }
    let wrong = Atomic(0)
    let right = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: 8) { caller in
      for round in 0..<6 {
        let choice = (caller + round) % 3
        let found = try? predictor.predict(inputs, batchSize: [1, 5, 12][choice])
        if found == expected[choice] {
          right.add(1, ordering: .relaxed)
        } else {
          wrong.add(1, ordering: .relaxed)
        }
      }
    }
    #expect(wrong.load(ordering: .relaxed) == 0)
    #expect(right.load(ordering: .relaxed) == 48)
  }

  @Test func comesFromAFile() throws {
    let model = try model()
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "weights.safetensors")
    try model.saveWeights(to: file)
    let expected = try Predictor(model).predict(Self.inputs(2))
    #expect(try Predictor(contentsOf: file).predict(Self.inputs(2)) == expected)
  }

  @Test func refusesWhatDoesNotFit() throws {
    let model = try model()
    #expect(throws: TrainingError.self) { try Predictor(model, threads: 0) }
    let predictor = try Predictor(model)
    #expect(throws: TrainingError.self) { try predictor.predict(.zeros([20, 20, 1])) }
    #expect(throws: TrainingError.self) { try predictor.predict(.zeros([1, 20, 19, 1])) }
    #expect(throws: TrainingError.self) { try predictor.predict(Self.inputs(1), batchSize: 0) }
    #expect(try predictor.predict(Self.inputs(0)).shape == [0, 3])
  }
}
