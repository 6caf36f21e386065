import FoundationEssentials
import PinionData
import PinionLayers
import PinionOptimizers
import PinionTensor
import PinionTestSupport
import PinionTraining
import Testing

/// Random networks that Keras has computed in double precision. `compare_random_networks.py`
/// compares any number of networks.
@Suite struct KerasRandomNetworkTests {
  /// A network in `random_networks.json`; `make_random_networks.py` describes the fields.
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let number, batch: Int
    let graph: String
    let losses: [Configured<any Loss>]
    let lossWeights: [Double]
    @Configured var optimizer: any Optimizer
    let inputs, targets, outputs: [FixtureTensor]
    let weights, gradients, updated: [String: FixtureTensor]
    /// The elements of each gradient of which every term is zero.
    let zeros: [String: [Int]]
    let loss64: Double
    let allowed, updatedAllowed: [String: Double]

    var testDescription: String { "network \(number)" }

    static func load() throws -> [Case] {
      let decoder = JSONDecoder()
      decoder.userInfo[.typeRegistry] = TypeRegistry.standard.adding(TypeRegistry.optimizerTypes)
      let file = Fixture.folder.appending(path: "random_networks.json")
      return try decoder.decode([Case].self, from: Data(contentsOf: file))
    }

    func makeModel() throws -> Model {
      let model = try Model(
        Graph(configuration: Data(graph.utf8)), optimizer: optimizer,
        losses: PerOutput(losses.map(\.wrappedValue)), lossWeights: PerOutput(lossWeights),
        metrics: PerOutput(losses.map { _ in [] }), seed: UInt64(number), threads: 2)
      for entry in model.weights.entries {
        let values = try #require(weights[entry.name]).data
        for (i, value) in values.enumerated() { model.weights.view(of: entry)[i] = value }
      }
      return model
    }
  }

  @Test(arguments: try Case.load()) func equalsKeras(_ fixture: Case) throws {
    let model = try fixture.makeModel()
    let outputs = try model.predict(
      fixture.inputs.map { Tensor(shape: Shape($0.shape), elements: $0.data) })
    #expect(outputs.map(\.shape) == fixture.outputs.map { Shape($0.shape) })
    for (output, fixture) in zip(outputs, fixture.outputs) {
      let largest = fixture.data.reduce(1) { max($0, abs($1)) }
      for (found, expected) in zip(output.elements, fixture.data) {
        #expect(abs(found - expected) <= 1e-5 * largest)
      }
    }
    // Before any clipping.
    var flat: [Float] = []
    let buffers = (fixture.inputs + fixture.targets).map { fixture in
      let buffer = AlignedBuffer(count: fixture.data.count)
      for (i, value) in fixture.data.enumerated() { buffer.view[i] = value }
      return buffer
    }
    let views = buffers.map(\.view)
    let batch = Batch(
      inputs: Array(views.prefix(fixture.inputs.count)),
      targets: Array(views.dropFirst(fixture.inputs.count)),
      targetShapes: fixture.targets.map { [$0.data.count / fixture.batch] },
      indices: 0..<fixture.batch)
    let workspace = try withExtendedLifetime(buffers) {
      try model.trainStep(batch) { flat = $0.gradients.array }
    }
    let loss = workspace.meanLoss + model.lastPenalty
    #expect(abs(loss - fixture.loss64) <= 1e-5 * max(1, fixture.loss64))
    let decay = fixture.optimizer.weightDecay ?? 0
    for entry in model.weights.entries where entry.isTrainable {
      let gradient = Array(flat[entry.range])
      let expected = try #require(fixture.gradients[entry.name]).data
      let updated = try #require(fixture.updated[entry.name]).data
      let before = try #require(fixture.weights[entry.name]).data
      let allowed = try #require(fixture.allowed[entry.name])
      let updatedAllowed = try #require(fixture.updatedAllowed[entry.name])
      let after = model.weights.view(of: entry)
      for i in gradient.indices {
        #expect(abs(Double(gradient[i]) - Double(expected[i])) <= allowed, "\(entry.name) \(i)")
        #expect(
          abs(Double(after[i]) - Double(updated[i])) <= updatedAllowed, "updated \(entry.name) \(i)"
        )
      }
      // A gradient without terms is exactly zero, and causes no update but a decay.
      for i in try #require(fixture.zeros[entry.name]) {
        #expect(gradient[i] == 0, "\(entry.name) \(i)")
        if decay == 0 { #expect(after[i] == before[i], "updated \(entry.name) \(i)") }
      }
    }
  }
}
