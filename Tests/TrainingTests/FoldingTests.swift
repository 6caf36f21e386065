import Pinion
import PinionTensor
import Testing

@testable import PinionLayers

/// Normalizations and activations that run as part of the layers before them.
@Suite struct FoldingTests {
  /// A network with statistics and weights far from their initial values.
  private func network(_ graph: Graph, seed: UInt64 = 1) -> Network {
    let network = Network(graph, seed: seed)
    for entry in network.weights.entries {
      let random = Tensor.uniform(
        shape: entry.shape, from: RandomStream(seed: seed, purpose: entry.name)
      ).elements
      let values = network.weights.view(of: entry)
      switch entry.parameter.name {
      case "gamma", "moving_variance": for i in values.indices { values[i] = random[i] + 0.2 }
      case "bias", "beta", "moving_mean": for i in values.indices { values[i] = random[i] - 0.5 }
      default: break
      }
    }
    return network
  }

  private func values(of network: Network) -> [Float] {
    [network.weights.trainable, network.weights.nonTrainable].flatMap { view in
      view.indices.map { view[$0] }
    }
  }

  private func inputs(_ graph: Graph, count: Int = 9) -> Tensor {
    Tensor.uniform(
      shape: graph.inputShape.prepending(count), from: RandomStream(seed: 5, purpose: "inputs"))
  }

  /// Compares the folded network with the model's predictions, and returns its layers.
  @discardableResult
  private func expectEqual(_ graph: Graph) throws -> [String] {
    let network = network(graph)
    let model = try Model(network)
    let before = values(of: network)
    let predictor = try Predictor(model, threads: 2)
    let inputs = inputs(graph)
    let expected = try model.predict(inputs, batchSize: 9).elements
    for batchSize in [1, 9] {
      let found = try predictor.predict(inputs, batchSize: batchSize).elements
      for (f, e) in zip(found, expected) { #expect((f - e).magnitude <= 2e-5 * max(1, abs(e))) }
    }
    #expect(before == values(of: network))
    return try network.foldingNormalizations().graph.layers.map(\.name)
  }

  @Test func layersOfEachKind() throws {
    let graph = try Sequential(input: [12, 12, 5]) {
      Conv2D(16, kernel: 3, padding: .same)
      BatchNormalization(name: "first")
      Conv2D(16, kernel: 3, padding: .same, usesBias: false)
      BatchNormalization(scale: false)
      Activation(.relu, name: "second")
      DepthwiseConv2D(kernel: 3, stride: 2, padding: .same, depthMultiplier: 2)
      BatchNormalization(center: false)
      Activation(.silu, name: "third")
      SeparableConv2D(7, kernel: 3, usesBias: false)
      BatchNormalization(epsilon: 0.1)
      BatchNormalization(name: "fourth")
      Conv2D(8, kernel: 1)
      Activation(.leakyReLU(negativeSlope: 0.2), name: "fifth")
      Flatten()
      Dense(6)
      BatchNormalization()
      Activation(.softmax, name: "last")
    }.graph
    #expect(
      try expectEqual(graph)
        == ["first", "second", "third", "fourth", "fifth", "flatten", "last"])
  }

  /// A layer that something else reads, is an output, occurs twice, has an activation, or is
  /// normalized along another axis runs by itself.
  @Test func layersThatStay() throws {
    let image = Input([6, 6, 4])
    let branch = Conv2D(4, kernel: 3, padding: .same, name: "branch")(image)
    let normalized = BatchNormalization(name: "beside")(branch)
    let sum = Add(name: "sum")(branch, normalized)
    let shared = Conv2D(4, kernel: 1, name: "shared")
    let left = BatchNormalization(name: "left")(shared(sum))
    let right = BatchNormalization(name: "right")(shared(left))
    let rows = BatchNormalization(axis: 1, name: "rows")(
      Conv2D(4, kernel: 1, name: "before_rows")(right))
    let active = BatchNormalization(name: "after_relu")(
      Conv2D(4, kernel: 1, activation: .relu, name: "active")(rows))
    let graph = try Graph(input: image, output: active)
    #expect(try expectEqual(graph) == graph.layers.map(\.name))
    let network = network(graph)
    #expect(try network.foldingNormalizations().weights === network.weights)
  }

  /// Of which each has a factor of its own, although the layer before has a single channel.
  @Test func rowsOfOneValueStay() throws {
    let graph = try Sequential(input: [10, 3, 2]) {
      Conv2D(1, kernel: 3, name: "convolution")
      BatchNormalization(axis: 1, name: "rows")
    }.graph
    #expect(try expectEqual(graph) == ["convolution", "rows"])
  }

  @Test func outputsKeepTheirNames() throws {
    let image = Input([6, 6, 2], name: "image")
    let features = Conv2D(4, kernel: 3, name: "features")(image)
    let normalized = Activation(.tanh, name: "mapped")(
      BatchNormalization(name: "normalized")(Conv2D(4, kernel: 3, name: "inner")(features)))
    let graph = try Graph(inputs: [image], outputs: [normalized, features])
    let network = network(graph)
    let samples = ["image": inputs(graph)]
    let found = try Predictor(network).predict(samples)
    #expect(Set(found.keys) == ["mapped", "features"])
    let expected = try Model(network).predict(samples)
    for (name, value) in expected {
      for (f, e) in zip(try #require(found[name]).elements, value.elements) {
        #expect((f - e).magnitude < 1e-5)
      }
    }
    #expect(
      try network.foldingNormalizations().graph.layers.map(\.name) == ["features", "mapped"])
  }

  /// A factor that takes a finite kernel beyond the largest float leaves the network as it is.
  @Test func kernelsStayFinite() throws {
    let network = Network(
      try Sequential(input: [2]) {
        Dense(1, usesBias: false)
        BatchNormalization()
      })
    try #require(network.weights["dense/kernel"]).fill(1e30)
    try #require(network.weights["batch_normalization/gamma"]).fill(1e12)
    #expect(try network.foldingNormalizations().graph == network.graph)
  }
}
