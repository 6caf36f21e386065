import PinionTensor

@testable import PinionLayers

/// A layer of any number of inputs, on random numbers and a random projection of its outputs.
final class LayerRun {
  let graph: Graph
  let batch: Int
  let weights: Weights
  let inputs: [AlignedBuffer]
  private let targets: AlignedBuffer
  private let workspace: Workspace

  /// - Parameters:
  ///   - areWhole: Whether inputs are whole numbers, which meet in ties.
  ///   - isFrozen: Whether the layer's parameters are not trained.
  init(
    _ layer: any Layer, _ shapes: [Shape], batch: Int, mode: LayerPass.Mode = .training,
    areWhole: Bool = false, isFrozen: Bool = false, threads: Int = 1
  ) throws {
    let tensors = shapes.map { Input($0) }
    let drawn = try Graph(
      inputs: tensors, outputs: [SymbolicTensor(source: .init(.layer(layer), inputs: tensors))])
    graph = try isFrozen ? drawn.freezing(drawn.layers[0].name) : drawn
    self.batch = batch
    weights = Weights(graph: graph, seed: 1)
    for view in [weights.trainable, weights.nonTrainable] {
      let noise = Numbers(view.count, "noise", in: -0.5..<0.5)
      for i in view.indices { view[i] += noise.view[i] }
    }
    inputs = shapes.enumerated().map { index, shape in
      Numbers(
        batch * shape.elementCount, "input \(index)", in: areWhole ? -3..<3 : -1..<1,
        areWhole: areWhole
      ).buffer
    }
    targets = Numbers(batch * graph.outputShape.elementCount, "targets").buffer
    let isTraining = mode == .training
    workspace = Workspace(
      plan: Plan(
        graph: graph,
        request: isTraining
          ? .init(
            mode: .training, batch: batch, loss: ProjectionLoss(), isBackward: true,
            wantsInputGradients: true) : .init(batch: batch)),
      weights: weights, pool: ThreadPool(threads: threads))
  }

  func run() {
    workspace.run(
      inputs: inputs.map(\.view), targets: workspace.plan.request.isBackward ? [targets.view] : [],
      seed: 7)
  }

  var outputs: [Float] { workspace.outputs().array }
  var gradients: [Float] { workspace.gradients.array }
  var inputGradients: [[Float]] {
    inputs.indices.map { workspace.inputGradient($0)?.array ?? [] }
  }

  /// The gradient of the projection with respect to the outputs.
  var outputGradient: [Double] { targets.view.array.map { Double($0) / Double(batch) } }

  /// The gradient of the parameter of a name's end.
  func gradient(_ suffix: String) -> [Float] {
    weights.entries.first { $0.name.hasSuffix(suffix) && $0.isTrainable }
      .map { workspace.gradients[$0.range].array } ?? []
  }

  /// Everything that a run computes, as bits.
  var bits: [UInt32] {
    (outputs + gradients + inputGradients.flatMap { $0 }).map(\.bitPattern)
  }
}
