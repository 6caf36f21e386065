import Foundation
import LayerCases
import PinionTensor
import Testing

@testable import PinionLayers

/// Graphs written and read again.
@Suite struct ConfigurationTests {
  /// A graph with every built-in layer, function and initializer, with other hyperparameters than
  /// the defaults.
  static func everything() throws -> Graph {
    let input = Input([9, 8, 3])
    let stem = Conv2D(
      4, kernel: Size2D(3, 2), stride: Size2D(1, 2), padding: .same,
      activation: .leakyReLU(negativeSlope: 0.3), usesBias: false,
      kernelInitializer: VarianceScaling(scale: 0.7, mode: .fanOut, distribution: .truncatedNormal),
      biasInitializer: .constant(0.25), algorithm: .direct, name: "stem")(input)
    let normal = BatchNormalization(
      axis: 1, momentum: 0.9, epsilon: 1e-5, center: false, scale: false)(stem)
    let pooled = MaxPool2D(Size2D(2, 1), stride: 1, padding: .same)(
      Activation(.tanh)(Dropout(0.125)(normal)))
    let joined = Conv2D(4, kernel: 1)(try Self.convolutions(pooled))
    let merged = Activation(.relu)(Add()(pooled, stem, joined))
    let hidden = Dense(
      5, activation: .sigmoid, usesBias: false, kernelInitializer: .heNormal,
      biasInitializer: .ones, kernelRegularizer: OrthogonalRegularizer(factor: 0.1))(
        Flatten()(merged))
    let output = Dense(
      3, activation: .softmax, kernelInitializer: .glorotNormal,
      kernelRegularizer: .l1l2(l1: 0.5, l2: 0.75), kernelConstraint: .maxNorm(3),
      biasConstraint: .nonNegative)(
        Activation(.linear, name: "größer \"als\" \\ 🪶")(hidden))
    return try Graph(input: input, output: output, name: "everything")
  }

  /// The convolutions that the stem is not.
  private static func convolutions(_ x: SymbolicTensor) throws -> SymbolicTensor {
    let depthwise = DepthwiseConv2D(
      kernel: Size2D(2, 3), padding: .same, depthMultiplier: 3, dilation: Size2D(1, 2),
      activation: .sigmoid, usesBias: false, kernelInitializer: .heUniform,
      biasInitializer: .constant(0.75))(x)
    let grouped = Conv2D(
      6, kernel: 2, padding: .same, dilation: Size2D(2, 1), groups: 2, name: "grouped")(depthwise)
    let separable = SeparableConv2D(
      5, kernel: Size2D(2, 1), padding: .same, depthMultiplier: 2, dilation: Size2D(3, 1),
      activation: .tanh, usesBias: false, depthwiseInitializer: .heUniform,
      pointwiseInitializer: .heNormal, biasInitializer: .ones)(grouped)
    return Conv2DTranspose(
      4, kernel: Size2D(1, 3), stride: Size2D(1, 2), padding: .same, outputPadding: Size2D(0, 1),
      activation: .relu, usesBias: false, kernelInitializer: .glorotNormal,
      biasInitializer: .ones)(MaxPool2D(Size2D(1, 2), padding: .same)(separable))
  }

  @Test func roundTrip() throws {
    let graph = try Self.everything()
    let data = try graph.configuration()
    let read = try Graph(configuration: data)
    #expect(read == graph)
    #expect(read.summary() == graph.summary())
    #expect(try read.configuration() == data)
    // Equality notices a change of any hyperparameter.
    let text = try #require(String(data: data, encoding: .utf8))
    for (old, new) in [
      ("0.3", "0.4"), ("\"direct\"", "\"im2col\""), ("\"fanOut\"", "\"fanIn\""),
      ("\"axis\":1", "\"axis\":2"), ("0.125", "0.25"), ("\"name\":\"stem\"", "\"name\":\"stew\""),
      ("everything", "anything"), ("\"type\":\"Tanh\"", "\"type\":\"ReLU\""),
      ("\"groups\":2", "\"groups\":3"), ("\"depthMultiplier\":2", "\"depthMultiplier\":1"),
      ("\"outputPadding\":{\"height\":0,\"width\":1}", "\"outputPadding\":null"),
    ] {
      let changed = text.replacing(old, with: new)
      #expect(changed != text)
      #expect(try Graph(configuration: Data(changed.utf8)) != graph, "\(old)")
    }
  }

  /// Several inputs and outputs, shared and nested layers, frozen ones, graphs within graphs.
  @Test func nestingAndSharing() throws {
    let inner = try SummaryTests.several()
    let (a, b) = (Input([8], name: "a"), Input([8]))
    let first = inner.outputs(for: [a, b])
    let second = inner.outputs(for: [b, a])
    let head = Dense(2, name: "head")
    let graph = try Graph(
      inputs: [b, a], outputs: [head(first[1]), first[2], head(second[1])], name: "outer")
    let data = try graph.configuration()
    let read = try Graph(configuration: data)
    #expect(read == graph)
    #expect(try read.configuration() == data)
    #expect(read.summary(expandingNested: true) == graph.summary(expandingNested: true))
    #expect(read.parameterCounts == graph.parameterCounts && read.parameterCounts.total == 92)
    #expect(
      read.layers.map(\.name) == [
        "several/backbone/wide", "several/backbone/narrow", "several/shared", "several/total",
        "several/fork/hidden", "several/fork/last", "head",
      ])
    #expect(read.layers.map(\.isTrainable) == [false, false, true, true, true, true, true])
    #expect(try graph.unfreezing() != graph)
    let frozen = try graph.freezing("several/fork", "head")
    #expect(try Graph(configuration: frozen.configuration()) == frozen)
  }

  /// As the first version wrote them.
  @Test func firstFormat() throws {
    let text = """
      {"format":1,"inputShape":[4],"layers":[{"inputs":[0],"layer":{"configuration":{},"type":\
      "Flatten"},"name":"flatten"},{"inputs":[1,0],"layer":{"configuration":{},"type":"Add"},\
      "name":"input_layer"}],"name":"m"}
      """
    let input = Input([4])
    let expected = try Graph(
      input: input, output: Add(name: "input_layer")(Flatten()(input), input), name: "m")
    let read = try Graph(configuration: Data(text.utf8))
    #expect(read.nodes == expected.nodes && read.values == expected.values)
    #expect(
      read.name == "m" && read.values.map(\.name) == ["input_layer_1", "flatten", "input_layer"])
  }

  /// As versions without dilations and groups wrote it.
  @Test func plainConvolutions() throws {
    let text = """
      {"format":2,"graph":{"inputs":[{"name":"input_layer","shape":[5,6,3]}],"kind":"Sequential",\
      "layers":[{"layer":{"configuration":{"activation":{"configuration":{"negativeSlope":0.5},\
      "type":"LeakyReLU"},"algorithm":"winograd","biasInitializer":{"configuration":{"value":0},\
      "type":"ConstantInitializer"},"filters":4,"kernel":{"height":3,"width":3},\
      "kernelInitializer":{"configuration":{"distribution":"uniform","mode":"fanAverage",\
      "scale":1},"type":"VarianceScaling"},"padding":"same","stride":{"height":1,"width":1},\
      "usesBias":false},"type":"Conv2D"},"name":"conv2d"}],"name":"m","nodes":[{"inputs":[0],\
      "layer":0}],"outputs":[1]}}
      """
    let expected = try Sequential(input: [5, 6, 3], name: "m") {
      Conv2D(
        4, kernel: 3, padding: .same, activation: .leakyReLU(negativeSlope: 0.5), usesBias: false,
        algorithm: .winograd)
    }
    #expect(try Graph(configuration: Data(text.utf8)) == expected.graph)
  }

  @Test func everyTypeOfOursIsKnown() throws {
    let names = TypeRegistry.standard.names
    let graphs =
      try [Self.everything(), FunctionLayerTests.everything()]
      + LayerCase.all.map { try $0.graph() }
    let text = try graphs.map { String(decoding: try $0.configuration(), as: UTF8.self) }.joined()
    let losses = Set(Self.losses.map { type(of: $0).typeName })
    #expect(losses.count == 19)
    for name in losses { #expect(names.contains(name)) }
    for name in names where !losses.contains(name) {
      #expect(text.contains("\"type\":\"\(name)\""), "\(name)")
    }
  }

  struct SavedLoss: Codable, Equatable { @Configured var loss: any Loss }

  /// Every loss, none with its defaults.
  static let losses: [any Loss] = [
    BinaryCrossEntropy(labelSmoothing: 0.1, fromLogits: true),
    BinaryFocalCrossEntropy(gamma: 3), CategoricalFocalCrossEntropy(gamma: 3),
    CategoricalCrossEntropy(labelSmoothing: 0.1, fromLogits: true),
    SparseCategoricalCrossEntropy(labelSmoothing: 0.1, fromLogits: true), MeanSquaredError(),
    MeanAbsoluteError(), MeanAbsolutePercentageError(), MeanSquaredLogarithmicError(),
    Huber(delta: 2), LogCosh(), Poisson(), Hinge(), SquaredHinge(), CategoricalHinge(),
    KLDivergence(), CosineSimilarity(axis: 1),
    Distillation(temperature: 3, alpha: 0.25, fromLogits: true), SummedLoss(Huber(delta: 3)),
  ]

  /// As versions without label smoothing for class indices wrote it.
  @Test func sparseCrossEntropyWithoutLabelSmoothing() throws {
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = TypeRegistry.standard
    let text = """
      {"loss":{"type":"SparseCategoricalCrossEntropy","configuration":{"fromLogits":true}}}
      """
    let read = try decoder.decode(SavedLoss.self, from: Data(text.utf8))
    #expect(read == SavedLoss(loss: SparseCategoricalCrossEntropy(fromLogits: true)))
  }

  @Test(arguments: losses) func lossesAreReadAgain(loss: any Loss) throws {
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = TypeRegistry.standard
    let saved = SavedLoss(loss: loss)
    let data = try JSONEncoder().encode(saved)
    #expect(try decoder.decode(SavedLoss.self, from: data) == saved)
    // A layer where a loss belongs.
    let wrong = Data(#"{"loss":{"type":"Flatten","configuration":{}}}"#.utf8)
    #expect(throws: DecodingError.self) { try decoder.decode(SavedLoss.self, from: wrong) }
  }

  /// A custom layer with a custom function, known only by the registry.
  @Test func typesOfTheUsers() throws {
    let graph = try Sequential(input: [4]) {
      LaneScale(phases: 2, minima: [3, 4])
      Dense(3, activation: Square(), kernelInitializer: Alternating(size: 0.5))
    }.graph
    let data = try graph.configuration()
    let error = #expect(throws: GraphError.self) { try Graph(configuration: data) }
    #expect("\(try #require(error))".contains("LaneScale"))
    let registry = TypeRegistry.standard.adding(LaneScale.self, Square.self, Alternating.self)
    #expect(try Graph(configuration: data, registry: registry) == graph)
    // One that lacks a part of it.
    let some = TypeRegistry.standard.adding(LaneScale.self, Alternating.self)
    #expect(throws: GraphError.self) { try Graph(configuration: data, registry: some) }
  }

  @Test func deadBranchesAreKept() throws {
    let graph = try (0..<50).lazy.map { try RandomGraph.make($0, size: 9, isSmooth: true) }
      .first { graph in
        graph.consumers.dropFirst().dropLast().contains(where: \.isEmpty)
      }
    let registry = TypeRegistry.standard.adding(LaneScale.self, Square.self)
    let found = try #require(graph)
    #expect(try Graph(configuration: found.configuration(), registry: registry) == found)
  }
}

/// ± size in turn.
struct Alternating: Initializer {
  var size: Float

  func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    for i in values.indices { values[i] = i % 2 == 0 ? size : -size }
  }
}
