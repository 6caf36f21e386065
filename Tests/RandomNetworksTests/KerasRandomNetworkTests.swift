import FoundationEssentials
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
    @Configured var loss: any Loss
    @Configured var optimizer: any Optimizer
    let targetShape: [Int]
    let inputs, targets, outputs: FixtureTensor
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
        Graph(configuration: Data(graph.utf8)), optimizer: optimizer, loss: loss, metrics: [],
        seed: UInt64(number), threads: 2)
      for entry in model.weights.entries {
        let values = try #require(weights[entry.name]).data
        for (i, value) in values.enumerated() { model.weights.view(of: entry)[i] = value }
      }
      return model
    }
  }

  @Test(arguments: try Case.load()) func equalsKeras(_ fixture: Case) throws {
    let model = try fixture.makeModel()
    let inputs = Tensor(shape: Shape(fixture.inputs.shape), elements: fixture.inputs.data)
    let targets = Tensor(shape: Shape(fixture.targets.shape), elements: fixture.targets.data)
    let outputs = try model.predict(inputs)
    #expect(outputs.shape == Shape(fixture.outputs.shape))
    let largest = fixture.outputs.data.reduce(1) { max($0, abs($1)) }
    for (found, expected) in zip(outputs.elements, fixture.outputs.data) {
      #expect(abs(found - expected) <= 1e-5 * largest)
    }
    // Before any clipping.
    var flat: [Float] = []
    let workspace = try inputs.read { inputs in
      try targets.read {
        try model.trainStep(inputs: inputs, targets: $0, count: fixture.batch) {
          flat = $0.gradients.array
        }
      }
    }
    #expect(abs(workspace.meanLoss - fixture.loss64) <= 1e-5 * max(1, fixture.loss64))
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
