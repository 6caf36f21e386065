import Foundation
import NetworkZoo
import Pinion
import PinionTestSupport
import Testing

/// The zoo's networks compared with the same networks in Keras.
@Suite struct ZooTests {
  struct Row: CustomTestStringConvertible {
    /// The function's name, which the fixture goes by.
    let name: String
    /// The network of the paper.
    let full: @Sendable () throws -> Graph
    /// The one with the fixture's arguments.
    let small: @Sendable () throws -> Graph

    var testDescription: String { name }
  }

  static let rows = [
    Row(name: "leNet5", full: { try Zoo.leNet5() }, small: { try Zoo.leNet5() }),
    Row(name: "vgg16", full: { try Zoo.vgg16() }, small: { try Zoo.vgg16(width: 4) }),
    Row(
      name: "resNet20", full: { try Zoo.resNet20() },
      small: { try Zoo.resNet20(input: [16, 16, 3], width: 4) }),
    Row(
      name: "resNet18", full: { try Zoo.resNet18() },
      small: { try Zoo.resNet18(input: [32, 32, 3], classes: 10, width: 4) }),
    Row(
      name: "wideResNet", full: { try Zoo.wideResNet() },
      small: { try Zoo.wideResNet(input: [8, 8, 3], depth: 16, width: 1) }),
    Row(
      name: "denseNet", full: { try Zoo.denseNet() },
      small: { try Zoo.denseNet(input: [8, 8, 3], depth: 22, growth: 4) }),
    Row(
      name: "uNet", full: { try Zoo.uNet() },
      small: { try Zoo.uNet(input: [16, 16, 3], width: 2) }),
    Row(
      name: "mobileNetV2", full: { try Zoo.mobileNetV2() },
      small: { try Zoo.mobileNetV2(input: [32, 32, 3], classes: 10, width: 0.25) }),
    Row(
      name: "efficientNetB0", full: { try Zoo.efficientNetB0() },
      small: { try Zoo.efficientNetB0(input: [32, 32, 3], classes: 10, width: 0.25) }),
    Row(
      name: "visionTransformer", full: { try Zoo.visionTransformer() },
      small: { try Zoo.visionTransformer(input: [16, 16, 3], width: 16, depth: 2) }),
  ]

  private struct Expected: Decodable {
    let name: String
    let trainable, nonTrainable: Int
    let output: FixtureTensor
  }

  private static func expected(_ row: Row) throws -> Expected {
    try #require(
      Fixture.load("zoo", as: [Expected].self).first { $0.name == row.name })
  }

  @Test func everyNetworkOfTheFixtureIsThere() throws {
    let names = try Fixture.load("zoo", as: [Expected].self).map(\.name)
    #expect(names.sorted() == Self.rows.map(\.name).sorted())
  }

  @Test(arguments: rows) func parameterCountsEqualKeras(row: Row) throws {
    let (counts, expected) = (try row.full().parameterCounts, try Self.expected(row))
    #expect(counts.trainable == expected.trainable)
    #expect(counts.nonTrainable == expected.nonTrainable)
  }

  @Test(arguments: rows) func outputsEqualKeras(row: Row) throws {
    let expected = try Self.expected(row)
    let network = Network(try row.small(), seed: 0)
    for entry in network.weights.entries {
      let values = FormulaNumbers.parameter(entry.name, shape: entry.shape)
      let view = network.weights.view(of: entry)
      for (place, value) in values.enumerated() { view[place] = value }
    }
    let shape = network.graph.inputShape
    let input = FormulaNumbers.tensor("input", shape: shape.prepending(1))
    let output = try Predictor(network).predict(input)
    #expect(output.shape == Shape(expected.output.shape))
    #expect(relativeDifference(output.elements, expected.output.data) < 1e-4)
  }

  /// Two steps, and two by way of a checkpoint after the first, end with the same bits; the saved
  /// model predicts what the trained one does.
  @Test(arguments: rows) func trainsSavesAndResumes(row: Row) throws {
    let folder = try TemporaryFolder()
    let graph = try row.small()
    let (input, output) = (graph.inputShape, graph.outputShape)
    let data = try ArrayDataset(
      inputs: [FormulaNumbers.tensor("inputs", shape: input.prepending(4))],
      targets: [FormulaNumbers.tensor("targets", shape: output.prepending(4))])
    func train(epochs: Int, checkpoint: String?) throws -> Model {
      let model = try Model(
        graph, optimizer: Adam(), loss: .meanSquaredError, metrics: [], seed: 1, threads: 2)
      let before = model.weights.trainable.array
      try model.fit(
        data, epochs: epochs, batchSize: 4,
        checkpointing: checkpoint.map {
          Checkpointing(to: folder.url.appending(path: $0), resumes: true)
        },
        verbose: false)
      #expect(model.weights.trainable.array != before)
      return model
    }
    func bits(_ model: Model) -> [UInt32] {
      (model.weights.trainable.array + model.weights.nonTrainable.array).map(\.bitPattern)
    }
    let whole = try train(epochs: 2, checkpoint: nil)
    _ = try train(epochs: 1, checkpoint: "run.safetensors")
    let resumed = try train(epochs: 2, checkpoint: "run.safetensors")
    #expect(bits(resumed) == bits(whole))
    let file = folder.url.appending(path: "model.safetensors")
    try whole.network.save(to: file)
    let loaded = try Predictor(Network(contentsOf: file))
    let samples = FormulaNumbers.tensor("samples", shape: input.prepending(2))
    #expect(
      try loaded.predict(samples).elements == Predictor(whole.network).predict(samples).elements)
  }
}
