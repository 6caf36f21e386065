import LayerCases
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// A row of the table of layers with Keras's numbers.
final class KerasLayerRun {
  /// Whether gradients are computed: not if the layer runs otherwise in training than the row.
  let isBackward: Bool
  let workspace: Workspace
  private let weights: Weights
  private let inputs: [AlignedBuffer]
  private let targets: AlignedBuffer

  /// - Parameter loss: Default: the sum of the outputs times the fixture's upstream gradient.
  init(
    _ row: LayerCase, _ fixture: KerasLayerFixture, loss: (any Loss)? = nil, threads: Int
  ) throws {
    let graph = try row.graph()
    isBackward = row.isTraining
    weights = Weights(graph: graph, seed: 0)
    for weight in fixture.weights {
      let entry = try #require(weights.entries.first { $0.name.hasSuffix("/" + weight.name) })
      try #require(entry.shape == Shape(weight.shape))
      for (i, value) in weight.data.enumerated() { weights.view(of: entry)[i] = value }
    }
    try #require(weights.entries.count == fixture.weights.count)
    inputs = fixture.inputs.map { input in
      let buffer = AlignedBuffer(count: input.data.count)
      for (i, value) in input.data.enumerated() { buffer.view[i] = value }
      return buffer
    }
    targets = AlignedBuffer(count: fixture.upstream.data.count)
    let factor = loss == nil ? Float(row.batch) : 1
    for (i, value) in fixture.upstream.data.enumerated() { targets.view[i] = value * factor }
    let plan = Plan(
      graph: graph,
      request: isBackward
        ? .init(
          mode: .training, batch: row.batch, loss: loss ?? ProjectionLoss(), isBackward: true,
          wantsInputGradients: true) : .init(batch: row.batch))
    workspace = Workspace(plan: plan, weights: weights, pool: ThreadPool(threads: threads))
  }

  func run() {
    workspace.run(inputs: inputs.map(\.view), targets: isBackward ? [targets.view] : [])
  }

  /// Gradient descent; returns the loss before each step, penalties included.
  func train(steps: Int, rate: Float, momentum: Float) -> [Double] {
    var velocity = [Float](repeating: 0, count: weights.trainable.count)
    return (0..<steps).map { _ in
      run()
      let losses = workspace.losses(0).array
      let loss = losses.reduce(0) { $0 + Double($1) } / Double(losses.count)
      for i in velocity.indices {
        velocity[i] = momentum * velocity[i] - rate * workspace.gradients[i]
        weights.trainable[i] += velocity[i]
      }
      return loss
    }
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
