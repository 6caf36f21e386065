import PinionTensor
import Testing

@testable import PinionLayers

/// A layer of a fixture in a separate graph, with the fixture's numbers.
final class KerasLayerRun {
  let fixture: KerasLayerFixture
  let batch: Int
  let isTraining: Bool
  let workspace: Workspace
  private let weights: Weights
  private let inputs: [AlignedBuffer]
  private let targets: AlignedBuffer

  init(_ fixture: KerasLayerFixture, threads: Int) throws {
    self.fixture = fixture
    batch = fixture.inputs[0].shape[0]
    let layer = try fixture.makeLayer()
    // Layers that differ between training and inference run as the fixture did; others always with
    // gradients.
    let differs =
      layer is BatchNormalization || layer is Dropout || layer is SpatialDropout2D
      || layer is GaussianNoise || layer is GaussianDropout
    isTraining = fixture.training || !differs
    let shapes = fixture.inputs.map { Shape(Array($0.shape.dropFirst())) }
    let tensors = shapes.map { Input($0) }
    let graph = try Graph(
      inputs: tensors, outputs: [SymbolicTensor(source: .init(.layer(layer), inputs: tensors))])
    weights = Weights(graph: graph, seed: 0)
    for weight in fixture.weights {
      let entry = try #require(weights.entries.first { $0.name.hasSuffix("/" + weight.name) })
      try #require(entry.shape == Shape(weight.shape))
      for (i, value) in weight.data.enumerated() { weights.view(of: entry)[i] = value }
    }
    inputs = fixture.inputs.map { input in
      let buffer = AlignedBuffer(count: input.data.count)
      for (i, value) in input.data.enumerated() { buffer.view[i] = value }
      return buffer
    }
    targets = AlignedBuffer(count: fixture.upstream.data.count)
    for (i, value) in fixture.upstream.data.enumerated() {
      targets.view[i] = value * Float(batch)
    }
    let plan = Plan(
      graph: graph,
      request: isTraining
        ? .init(
          mode: .training, batch: batch, loss: ProjectionLoss(), isBackward: true,
          wantsInputGradients: true) : .init(batch: batch))
    workspace = Workspace(plan: plan, weights: weights, pool: ThreadPool(threads: threads))
  }

  func run() {
    workspace.run(inputs: inputs.map(\.view), targets: isTraining ? [targets.view] : [])
  }

  func parameter(_ name: String) -> [Float] {
    weights.entries.first { $0.name.hasSuffix("/" + name) }.map { weights.view(of: $0).array } ?? []
  }

  func gradient(_ name: String) -> [Float] {
    weights.entries.first { $0.name.hasSuffix("/" + name) && $0.isTrainable }
      .map { workspace.gradients[$0.range].array } ?? []
  }

  var inputGradients: [[Float]] {
    inputs.indices.map { workspace.inputGradient($0)?.array ?? [] }
  }
}
