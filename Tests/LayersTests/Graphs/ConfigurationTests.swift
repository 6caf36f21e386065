import Foundation
import PinionTensor
import Testing

@testable import PinionLayers

/// Graphs written and read again.
@Suite struct ConfigurationTests {
  /// A graph with every layer, function and initialiser of ours, none with its defaults.
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
    let merged = Activation(.relu)(Add()(pooled, stem, pooled))
    let hidden = Dense(
      5, activation: .sigmoid, usesBias: false, kernelInitializer: .heNormal,
      biasInitializer: .ones)(Flatten()(merged))
    let output = Dense(3, activation: .softmax, kernelInitializer: .glorotNormal)(
      Activation(.linear, name: "größer \"als\" \\ 🪶")(hidden))
    return try Graph(input: input, output: output, name: "everything")
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
    ] {
      let changed = text.replacing(old, with: new)
      #expect(changed != text)
      #expect(try Graph(configuration: Data(changed.utf8)) != graph, "\(old)")
    }
  }

  @Test func everyTypeOfOursIsKnown() throws {
    let names = TypeRegistry.standard.names
    let text = try #require(String(data: Self.everything().configuration(), encoding: .utf8))
    let losses = names.filter { $0.contains("Entropy") || $0.contains("Error") }
    #expect(losses.count == 3)
    for name in names where !losses.contains(name) {
      #expect(text.contains("\"type\":\"\(name)\""), "\(name)")
    }
  }

  struct SavedLoss: Codable, Equatable { @Configured var loss: any Loss }

  @Test func losses() throws {
    let losses: [any Loss] = [
      CategoricalCrossEntropy(labelSmoothing: 0.1, fromLogits: true),
      SparseCategoricalCrossEntropy(fromLogits: true), MeanSquaredError(),
    ]
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = TypeRegistry.standard
    for loss in losses {
      let saved = SavedLoss(loss: loss)
      let data = try JSONEncoder().encode(saved)
      #expect(try decoder.decode(SavedLoss.self, from: data) == saved)
    }
    // A layer where a loss belongs.
    let wrong = Data(#"{"loss":{"type":"Flatten","configuration":{}}}"#.utf8)
    #expect(throws: DecodingError.self) { try decoder.decode(SavedLoss.self, from: wrong) }
  }

  /// A user's own layer with a user's own function in it, known by a registry alone.
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
