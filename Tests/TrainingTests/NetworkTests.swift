import Foundation
import Pinion
import Testing

/// Networks with several inputs and outputs, shared and nested layers: saved, loaded and asked.
@Suite struct NetworkTests {
  private func graph() throws -> Graph {
    let (left, right) = (Input([6], name: "left"), Input([4], name: "right"))
    let block = try Sequential(input: [4], name: "block") {
      Dense(4, activation: .tanh)
      BatchNormalization()
    }
    let shared = Dense(4, name: "shared")
    let start = Dense(4, name: "start")(left)
    // Three times one layer, twice one chain.
    let a = shared(block(shared(start)))
    let b = block(shared(right))
    let merged = Add(name: "merged")(a, b)
    return try Graph(
      inputs: [left, right],
      outputs: [Dense(2, name: "few")(merged), Dense(3, activation: .softmax, name: "kind")(b)])
  }

  private func inputs(_ count: Int) -> [Tensor] {
    [6, 4].enumerated().map { index, width in
      Tensor.uniform(
        shape: [count, width], from: RandomStream(seed: 2, purpose: "input \(index)"))
    }
  }

  private func temporaryFile() -> URL {
    FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).safetensors")
  }

  @Test func isSavedLoadedAndAsked() throws {
    let network = Network(try graph(), seed: 3)
    #expect(network.graph.parameterCounts.total == 28 + 20 + 20 + 16 + 10 + 15)
    let model = try Model(network, losses: [.meanSquaredError, .sparseCategoricalCrossEntropy])
    #expect(model.weights === network.weights)
    let file = temporaryFile()
    defer { try? FileManager.default.removeItem(at: file) }
    try network.save(to: file)
    let loaded = try Network(contentsOf: file)
    #expect(loaded.graph == network.graph)
    #expect(loaded.weights.trainable.array == network.weights.trainable.array)
    #expect(loaded.weights.nonTrainable.array == network.weights.nonTrainable.array)
    let inputs = inputs(7)
    let expected = try model.predict(inputs, batchSize: 7)
    #expect(expected.map(\.shape) == [[7, 2], [7, 3]])
    let predictor = try Predictor(loaded)
    #expect(try predictor.predict(inputs, batchSize: 7) == expected)
    let named = try predictor.predict(["left": inputs[0], "right": inputs[1]], batchSize: 7)
    #expect(named == ["few": expected[0], "kind": expected[1]])
    #expect(try checkGradients(of: network.graph).isPassed)
  }

  @Test func wrongInputsAreNamed() throws {
    let predictor = try Predictor(Network(graph()))
    let inputs = inputs(3)
    func text(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "no error"
      } catch {
        return "\(error)"
      }
    }
    #expect(text { _ = try predictor.predict([inputs[0]]) }.contains("\"left\", \"right\""))
    #expect(text { _ = try predictor.predict([inputs[1], inputs[0]]) }.contains("\"left\""))
    #expect(text { _ = try predictor.predict(["left": inputs[0]]) }.contains("\"right\""))
    #expect(
      text { _ = try predictor.predict([inputs[0], self.inputs(4)[1]]) }.contains("3 samples"))
    #expect(text { _ = try predictor.predict(inputs[0]) }.contains("\"kind\""))
  }

  @Test func weightsGoIntoGroupsAndOutOfParts() throws {
    let network = Network(try graph(), seed: 3)
    let block = Network(network.graph.groups[0].graph, seed: 9)
    try network.copyWeights(from: block, into: "block")
    #expect(
      network.weights["block/dense/kernel"]?.array == block.weights["dense/kernel"]?.array)
    #expect(throws: GraphError.parameter("dense/kernel", expected: [4, 4], found: nil)) {
      try network.copyWeights(from: block)
    }
    let part = try network.extracting(outputs: ["start"])
    #expect(part.weights["start/kernel"]?.array == network.weights["start/kernel"]?.array)
    let features = try Predictor(part).predict(inputs(2)[0])
    #expect(features.shape == [2, 4])
  }
}
