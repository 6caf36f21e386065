import Pinion
import Testing

@testable import PinionTensor
@testable import PinionTraining

@Suite struct ResourceTests {
  private func network() throws -> Graph {
    try Sequential(input: [12, 12, 1]) {
      Conv2D(8, kernel: 3, padding: .same, activation: .relu)
      MaxPool2D()
      Flatten()
      Dense(4, activation: .softmax)
    }.graph
  }

  @Test(arguments: [0, -1, 1_000_000, .max, .min])
  func numbersOfThreadsThatMakeNoSense(threads: Int) throws {
    let graph = try network()
    #expect(throws: TrainingError.self) { try Model(graph, threads: threads) }
    let model = try Model(graph)
    #expect(throws: TrainingError.self) { try Predictor(model, threads: threads) }
    #expect(throws: TrainingError.self) {
      try model.predict(Tensor.zeros([1, 12, 12, 1]), threads: threads)
    }
  }

  @Test func batchesLargerThanTheDataSet() throws {
    let model = try Model(try network(), threads: 1)
    let inputs = Tensor.uniform(shape: [5, 12, 12, 1], from: RandomStream(seed: 1, stream: 0))
    let samples = try ArrayDataset(inputs: inputs, labels: [0, 1, 2, 3, 0], classes: 4)
    let history = try model.fit(samples, epochs: 1, batchSize: .max, verbose: false)
    #expect(history.epochs.count == 1)
    #expect(model.steps == 1)
    let expected = try model.predict(inputs, batchSize: 5)
    #expect(try model.predict(inputs, batchSize: .max) == expected)
    #expect(try model.predict(samples, batchSize: .max) == expected)
    #expect(try Predictor(model).predict(inputs, batchSize: .max) == expected)
    #expect(try model.evaluate(samples, batchSize: .max).loss.isFinite)
  }

  /// A plan that needs 4 TiB: more than the address space that a process gets in one piece where
  /// memory is accounted for, and more than any machine here has.
  @Test func memoryThatTheSystemRefuses() throws {
    #expect(throws: ResourceError.self) {
      try Resources.requireMemory(1 << 46, for: "a test")
    }
    try Resources.requireMemory(1 << 20, for: "a test")
    try Resources.requireMemory(0, for: "a test")
  }

  @Test func workspacesOfAllBatchSizesShareOneMemory() throws {
    let graph = try network()
    let model = try Model(graph, threads: 1)
    let cache = WorkspaceCache(Network(graph: graph, weights: model.weights))
    var memories: Set<ObjectIdentifier> = []
    for batch in Array((1...64).reversed()) + Array(1...64) {
      let workspace = try cache.workspace(.init(batch: batch), pool: model.pool)
      memories.insert(ObjectIdentifier(workspace.memory))
    }
    #expect(memories.count == 1)
    // A larger one replaces the memory of all.
    let larger = try cache.workspace(.init(batch: 65), pool: model.pool)
    let smaller = try cache.workspace(.init(batch: 3), pool: model.pool)
    #expect(larger.memory === smaller.memory)
    #expect(!memories.contains(ObjectIdentifier(larger.memory)))
  }

  @Test func sharedMemoryChangesNoResult() throws {
    let model = try Model(try network(), seed: 3)
    let predictor = try Predictor(model)
    let inputs = Tensor.uniform(shape: [64, 12, 12, 1], from: RandomStream(seed: 2, stream: 0))
    for size in [1, 7, 64, 3, 33, 2] {
      let part = inputs[0..<size]
      let fresh = try Predictor(model).predict(part)
      #expect(try predictor.predict(part) == fresh, "\(size) samples")
    }
  }
}
