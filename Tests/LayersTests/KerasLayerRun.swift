import PinionTensor
import Testing

@testable import PinionLayers

/// A layer of a fixture in a graph of its own, on the fixture's numbers.
final class KerasLayerRun {
  let fixture: KerasLayerFixture
  let batch: Int
  let isTraining: Bool
  let workspace: Workspace
  private let weights: Weights
  private let inputs: AlignedBuffer
  private let targets: AlignedBuffer

  init(_ fixture: KerasLayerFixture, threads: Int) throws {
    self.fixture = fixture
    batch = fixture.inputs[0].shape[0]
    let layer = try fixture.makeLayer()
    // Layers that differ between training and inference run as the fixture did; others always with gradients.
    let differs = layer is BatchNormalization || layer is Dropout
    isTraining = fixture.training || !differs
    let shapes = fixture.inputs.map { Shape(Array($0.shape.dropFirst())) }
    let graph: Graph
    if shapes.count == 1 {
      let input = Input(shapes[0])
      graph = try Graph(input: input, output: layer(input))
    } else {
      let all = Input([shapes.reduce(0) { $0 + $1.elementCount }])
      var start = 0
      let parts = shapes.map { shape in
        defer { start += shape.elementCount }
        return InputSlice(start: start, shape: shape)(all)
      }
      graph = try Graph(
        input: all, output: SymbolicTensor(source: .init(.layer(layer), inputs: parts)))
    }
    weights = Weights(graph: graph, seed: 0)
    for weight in fixture.weights {
      let entry = try #require(weights.entries.first { $0.name.hasSuffix("/" + weight.name) })
      try #require(entry.shape == Shape(weight.shape))
      for (i, value) in weight.data.enumerated() { weights.view(of: entry)[i] = value }
    }
    let count = fixture.inputs.reduce(0) { $0 + $1.data.count }
    inputs = AlignedBuffer(count: count)
    targets = AlignedBuffer(count: fixture.upstream.data.count)
    for (i, value) in fixture.upstream.data.enumerated() {
      targets.view[i] = value * Float(batch)
    }
    let plan = Plan(
      graph: graph,
      request: isTraining
        ? .init(
          mode: .training, batch: batch, loss: ProjectionLoss(), isBackward: true,
          wantsInputGradient: true) : .init(batch: batch))
    workspace = Workspace(plan: plan, weights: weights, pool: ThreadPool(threads: threads))
    let values = interleaved(fixture.inputs.map { ($0.data, $0.data.count / batch) })
    for (i, value) in values.enumerated() { inputs.view[i] = value }
  }

  func run() {
    workspace.run(inputs: inputs.view, targets: isTraining ? targets.view : nil)
  }

  /// Several tensors of (N, size) as one of (N, all sizes).
  func interleaved(_ tensors: [(data: [Float], size: Int)]) -> [Float] {
    (0..<batch).flatMap { image in
      tensors.flatMap { $0.data[image * $0.size..<(image + 1) * $0.size] }
    }
  }

  func parameter(_ name: String) -> [Float] {
    weights.entries.first { $0.name.hasSuffix("/" + name) }.map { weights.view(of: $0).array } ?? []
  }

  func gradient(_ name: String) -> [Float] {
    weights.entries.first { $0.name.hasSuffix("/" + name) && $0.isTrainable }
      .map { workspace.gradients[$0.range].array } ?? []
  }

  var inputGradient: [Float] { workspace.inputGradient?.array ?? [] }
}
