import Foundation
import InterchangeNetworks
import Pinion
import PinionTestSupport
import RandomNetworks
import Testing

@testable import PinionInterchange

/// Networks as `.keras` files. Keras compares their outputs and losses with Pinion's in
/// `check_keras.py FOLDER` if the folder is named by PINION_KERAS_FOLDER.
@Suite struct KerasFilesTests {
  private let scratch: TemporaryFolder
  private let folder = ProcessInfo.processInfo.environment["PINION_KERAS_FOLDER"]

  init() throws { scratch = try TemporaryFolder() }

  private func file(_ name: String) -> URL {
    (folder.map { URL(filePath: $0) } ?? scratch.url).appending(path: "\(name).keras")
  }

  /// Writes a network, reads it, and compares the outputs.
  private func check(_ item: ONNXNetworks.Case) throws {
    let (network, name) = (item.network, item.name)
    let url = file(name)
    try network.saveKeras(to: url)
    let inputs = item.inputs(samples: 7)
    let expected = try predictions(of: network, inputs)
    let copy = try Network(keras: url)
    for (found, expected) in zip(try predictions(of: copy, inputs), expected) {
      #expect(relativeDifference(found.elements, expected.elements) < 1e-5, "\(name)")
    }
    #expect(copy.graph.parameterCounts == network.graph.parameterCounts, "\(name)")
    guard folder != nil else { return }
    var entries: [NumPyArchive.Entry] = []
    for (index, tensor) in inputs.enumerated() { entries.append(.init("input_\(index)", tensor)) }
    for (index, tensor) in expected.enumerated() {
      entries.append(.init("output_\(index)", tensor))
    }
    try NumPyArchive.write(
      entries, to: url.deletingPathExtension().appendingPathExtension("npz"))
  }

  @Test func everyNetworkIsWrittenAndRead() throws {
    var cases = try ONNXNetworks.layers() + ONNXNetworks.random(0..<(folder == nil ? 20 : 120))
    cases += try ONNXNetworks.report() + ONNXNetworks.zoo()
    for graph in [
      try KerasNetworks.nested(), try KerasNetworks.frozen(), try KerasNetworks.penalties(),
    ] {
      cases.append(.init(name: graph.name, network: Network(graph, seed: 3)))
    }
    var refused = 0
    for item in cases {
      do {
        try check(item)
      } catch KerasError.unsupported(let layers) {
        // Keras has no such layers.
        #expect(
          layers.allSatisfy { $0.contains("ClassToken") || $0.contains("PositionEmbedding") },
          "\(item.name): \(layers)")
        refused += 1
      }
    }
    #expect(refused < cases.count / 10)
  }

  /// Random networks after one step, with their losses of the next two.
  @Test func trainingGoesOn() throws {
    var compared = 0
    for number in 0..<(folder == nil ? 30 : 100) {
      let random = try RandomNetwork(number)
      guard random.graph.inputs.count == 1, random.graph.outputs.count == 1 else { continue }
      let model = try random.makeModel()
      let shape = random.graph.inputShape.prepending(random.batch)
      let (inputs, targets) = (random.makeInputs()[0], random.makeTargets()[0])
      // With penalties, as the losses of Keras.
      func step(_ model: Model) throws -> Double {
        try model.trainStep(inputs: inputs.view, targets: targets.view, count: random.batch) { _ in
        }.meanLoss + model.lastPenalty
      }
      let url = file("training_\(number)")
      do {
        _ = try step(model)
        try model.saveKeras(to: url)
      } catch is KerasError {
        continue
      } catch is TrainingError {
        continue
      }
      let copy: Model
      do { copy = try Model(keras: url, threads: 1) } catch KerasError.notCompiled { continue }
      #expect(copy.steps == 1 && copy.optimizer.slotNames == model.optimizer.slotNames)
      var losses: [Double] = []
      for _ in 0..<2 {
        guard let loss = try? step(model) else { break }
        losses.append(loss)
        // Layers of noise draw by their names, and a model by its seed.
        guard !random.graph.layers.contains(where: { Self.isNoise($0.layer) }) else { continue }
        #expect(abs(try step(copy) - loss) <= 1e-4 * max(1, abs(loss)), "\(number)")
        compared += 1
      }
      guard folder != nil, losses.count == 2 else { continue }
      let isNoisy = random.graph.layers.contains { Self.isNoise($0.layer) }
      let sample = Tensor(copying: inputs.view, shape: shape)
      let target = Tensor(
        copying: targets.view, shape: random.targetShapes[0].prepending(random.batch))
      try NumPyArchive.write(
        [
          .init("input_0", sample), .init("targets", target),
          .init("losses", Tensor(isNoisy ? [] : losses.map { Float($0) })),
          .init("output_0", try predictions(of: Network(keras: url), [sample])[0]),
        ], to: url.deletingPathExtension().appendingPathExtension("npz"))
    }
    #expect(compared >= 15)
  }

  private static func isNoise(_ layer: any Layer) -> Bool {
    switch layer {
    case let layer as Dropout: layer.rate > 0
    case let layer as MultiHeadAttention: layer.dropout > 0
    case let layer as SpatialDropout2D: layer.rate > 0
    case let layer as GaussianDropout: layer.rate > 0
    case let layer as GaussianNoise: layer.standardDeviation > 0
    case let layer as StochasticDepth: layer.rate > 0
    default: false
    }
  }

  /// Keras attends to as many axes of the keys as the queries have.
  @Test func attentionBetweenRanksIsRefused() throws {
    let (query, keys) = (Input([2, 3, 4]), Input([5, 4]))
    let output = MultiHeadAttention(2, keyDim: 3, name: "attention")(query, keys)
    let network = Network(try Graph(inputs: [query, keys], outputs: [output]))
    let reason = "attention (MultiHeadAttention): inputs of different ranks"
    #expect(throws: KerasError.unsupported([reason])) {
      try network.saveKeras(to: file("ranks"))
    }
  }

  @Test func layersOfSeveralGraphsAreRefused() throws {
    let network = Network(try KerasNetworks.sharing(), seed: 1)
    #expect(throws: KerasError.unsupported(["both (Dense): called in several graphs"])) {
      try network.saveKeras(to: file("sharing"))
    }
    // Its weights alone can be written.
    let weights = scratch.url.appending(path: "sharing.weights.h5")
    try network.saveKerasWeights(to: weights)
    let copy = Network(try KerasNetworks.sharing(), seed: 2)
    try copy.loadKerasWeights(from: weights)
    #expect(copy.weights.trainable.array == network.weights.trainable.array)
  }

  @Test func frozenLayersStay() throws {
    let network = Network(try KerasNetworks.frozen(), seed: 1)
    try network.saveKeras(to: file("kept"))
    let copy = try Network(keras: file("kept"))
    #expect(copy.graph.layers.map(\.name) == network.graph.layers.map(\.name))
    #expect(copy.graph.layers.map(\.isTrainable) == network.graph.layers.map(\.isTrainable))
    #expect(copy.weights.trainable.array == network.weights.trainable.array)
  }

  /// A layer that Keras does not know.
  private struct Doubled: SamplewiseLayer {
    func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }
    func forward(_ context: LayerContext) {}
    func backward(_ context: LayerContext) {}
  }

  @Test func layersThatCannotBeWrittenAreNamedAtOnce() throws {
    let chain = try Sequential(input: [3, 2]) {
      Doubled()
      PositionEmbedding()
      Dense(2)
    }
    #expect(
      throws: KerasError.unsupported([
        "doubled (Doubled): no such layer", "position_embedding (PositionEmbedding): no such layer",
      ])
    ) { try Network(chain).saveKeras(to: scratch.url.appending(path: "a.keras")) }
    #expect(scratch.contents.isEmpty)
  }

  @Test func classNamesStay() throws {
    var network = Network(try Sequential(input: [3]) { Dense(2) })
    network.classNames = ["a", "\"ö\""]
    try network.saveKeras(to: file("names"))
    #expect(try Network(keras: file("names")).classNames == ["a", "\"ö\""])
  }

  /// Keras refuses the momentum 0 if it is an integer.
  @Test func numbersStayNumbers() throws {
    let value = KerasValue.object([
      "a": .list([.number(0), .integer(0), .number(1e-7), .number(-2e30), .truth(true), .nothing]),
      "\"é\n": .text("/\\"),
    ])
    let json = try value.json
    let expected = #"{"\"é\n": "/\\", "a": [0.0, 0, 1e-07, -2e+30, true, null]}"#
    #expect(String(decoding: json, as: UTF8.self) == expected)
    #expect(throws: EncodingError.self) { try KerasValue.number(.infinity).json }
  }

  @Test func networksWithoutOptimizerAreNoModels() throws {
    let network = Network(try Sequential(input: [3]) { Dense(2) })
    try network.saveKeras(to: file("plain"))
    #expect(throws: KerasError.notCompiled("the file has none")) {
      try Model(keras: file("plain"))
    }
  }
}
