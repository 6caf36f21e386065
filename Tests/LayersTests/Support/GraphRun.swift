import PinionTensor

@testable import PinionLayers

/// A graph on random inputs and a random projection of its outputs, or a loss of its own, ready to
/// run.
final class GraphRun {
  let graph: Graph
  let batch: Int
  let weights: Weights
  let workspace: Workspace
  let inputs: AlignedBuffer
  let targets: AlignedBuffer

  /// - Parameters:
  ///   - targets: How many numbers an image's target has. Default: as many as the output.
  ///   - noise: Added to the trainable parameters, so that biases and factors are not all the same.
  init(
    _ graph: Graph, batch: Int, mode: LayerPass.Mode = .training, loss: any Loss = ProjectionLoss(),
    targetCount: Int? = nil, isBackward: Bool = true, keepsValues: Bool = false, threads: Int = 1,
    noise: Float = 0.25
  ) {
    self.graph = graph
    self.batch = batch
    weights = Weights(graph: graph, seed: 1)
    let change = Numbers(weights.trainable.count, "weights", in: -noise..<noise.nextUp)
    for i in change.view.indices { weights.trainable[i] += change.view[i] }
    inputs = Numbers(batch * graph.inputShape.elementCount, "inputs").buffer
    targets = Numbers(batch * (targetCount ?? graph.outputShape.elementCount), "targets").buffer
    let isTraining = mode == .training
    workspace = Workspace(
      plan: Plan(
        graph: graph,
        request: .init(
          mode: mode, batch: batch, loss: loss, isBackward: isBackward && isTraining,
          wantsInputGradients: isBackward && isTraining, keepsValues: keepsValues)),
      weights: weights, pool: ThreadPool(threads: threads))
  }

  func run(step: Int = 0) {
    workspace.run(inputs: inputs.view, targets: targets.view, seed: 7, step: step)
  }

  var outputs: [Float] { workspace.outputs().array }
  var losses: [Float] { workspace.losses().array }
  var gradients: [Float] { workspace.gradients.array }
  var inputGradient: [Float] { workspace.inputGradient()?.array ?? [] }
  var state: [Float] { weights.nonTrainable.array }

  /// The gradient of the projection with respect to the outputs.
  var outputGradient: [Double] { targets.view.array.map { Double($0) / Double(batch) } }

  /// The gradient of the parameters of a name's end, such as `/kernel`.
  func gradient(_ suffix: String) -> [Float] {
    weights.entries.first { $0.name.hasSuffix(suffix) && $0.isTrainable }
      .map { workspace.gradients[$0.range].array } ?? []
  }

  /// The parameter of a name's end.
  func parameter(_ suffix: String) -> [Float] {
    weights.entries.first { $0.name.hasSuffix(suffix) }.map { weights.view(of: $0).array } ?? []
  }

  /// Everything that a run computes, as bits.
  var bits: [UInt32] {
    (outputs + losses + gradients + inputGradient + state).map(\.bitPattern)
  }
}
