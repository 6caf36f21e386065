import Foundation
import Pinion
import Testing

/// The guide's drawn graph: several inputs and outputs, a nested chain that is shared, and its
/// network.
@Suite struct GraphGuideTests {
  @Test func drawnGraph() throws {
    let pair = [Input([8], name: "left"), Input([8], name: "right")]
    let encoder = try Sequential(input: [8], name: "encoder") {
      Dense(16, activation: .relu)
      Dense(4, name: "code")
    }
    // Called twice, with one set of weights.
    let merged = Add()(encoder(pair[0]), encoder(pair[1]))
    let distance = Dense(1, name: "distance")(merged)
    let kind = Dense(3, activation: .softmax, name: "kind")(merged)
    let graph = try Graph(inputs: pair, outputs: [distance, kind])
    #expect(graph.parameterCounts.total == 9 * 16 + 17 * 4 + 5 + 15)
    #expect(graph.groups.map(\.name) == ["encoder"])
    let temporary = try TemporaryFolder()
    let file = temporary.file("pairs.safetensors")
    let stream = RandomStream(seed: 1, purpose: "pairs")
    let left = Tensor.uniform(shape: [5, 8], from: stream)
    let right = Tensor.uniform(shape: [5, 8], from: stream.substream(1))
    let network = Network(try graph.freezing("encoder"), seed: 1)
    try network.copyWeights(from: Network(encoder, seed: 2), into: "encoder")
    try network.save(to: file)
    let predictor = try Predictor(Network(contentsOf: file))
    let answers = try predictor.predict(["left": left, "right": right])
    // The network up to a value inside of it.
    let codes = try predictor.network.extracting(outputs: ["encoder/code"])
    #expect(answers["distance"]?.shape == [5, 1] && answers["kind"]?.shape == [5, 3])
    #expect(network.graph.parameterCounts.trainable == 20)
    #expect(codes.graph.outputShape == [4] && codes.weights.entries.count == 4)
  }
}
