internal import PinionTensor

/// A graph that is evaluated around random points: its gradient there, and its value after a change
/// of one element.
///
/// The value is Σ weightₖ·vₖ, v the outputs and the weights a random projection of them, or v the
/// samples' losses and the weights one over the batch's size, or 1 for a loss that sums; in both
/// cases with the penalty on outputs of layers, if there is one.
final class GradientProbe {
  /// All elements of a point are multiples of it, so that adding a step to one is exact.
  private static let grid: Float = 0x1p-17

  /// An input or a parameter whose elements are varied.
  struct Tensor {
    let name: String
    let values: MemoryView<Float>
    let gradient: Place

    /// The location of its gradient.
    enum Place {
      case input(Int)
      case parameter(Range<Int>)
    }
  }

  let tensors: [Tensor]
  /// weightₖ.
  let projection: [Double]
  private let graph: Graph
  private let isProjected: Bool
  private let weights: Weights
  private let inputs: [AlignedBuffer]
  private let targets: [AlignedBuffer]
  /// The state of the layers at the point.
  private let state: AlignedBuffer
  private let backward: Workspace
  private let forward: Workspace
  private var seed: UInt64 = 0

  /// - Parameter loss: Of the only output; nil for random projections, `targets`, of all outputs.
  init(graph: Graph, loss: (any Loss)?, targets: [AlignedBuffer], batch: Int) {
    self.graph = graph
    self.targets = targets
    isProjected = loss == nil
    weights = Weights(graph: graph, seed: 0)
    inputs = graph.inputShapes.map { AlignedBuffer(count: batch * $0.elementCount) }
    state = AlignedBuffer(count: weights.nonTrainable.count)
    let values =
      isProjected
      ? targets.flatMap(\.view.array).map { Double($0) / Double(batch) }
      : Array(repeating: loss?.reduction == .sum ? 1 : 1 / Double(batch), count: batch)
    let pool = ThreadPool(threads: 1)
    let losses = targets.indices.map {
      Plan.OutputLoss(loss ?? ProjectionLoss(), output: $0)
    }
    backward = Workspace(
      plan: Plan(
        graph: graph,
        request: .init(
          mode: .training, batch: batch, losses: losses, isBackward: true,
          wantsInputGradients: true)),
      weights: weights, pool: pool)
    forward = Workspace(
      plan: Plan(
        graph: graph,
        request: .init(mode: .training, batch: batch, losses: losses)),
      weights: weights, pool: pool)
    projection = values + (forward.plan.penalties.isEmpty ? [] : [1])
    let (weights, inputs) = (weights, inputs)
    tensors =
      inputs.enumerated().map { index, input in
        Tensor(
          name: inputs.count == 1 ? "input" : "input \(index)", values: input.view,
          gradient: .input(index))
      }
      + weights.entries.filter(\.isTrainable).map {
        Tensor(name: $0.name, values: weights.view(of: $0), gradient: .parameter($0.range))
      }
  }

  /// Draws random parameters, and inputs of the given largest magnitude.
  func move(seed: UInt64, amplitude: Float) {
    self.seed = seed
    let first = Weights(graph: graph, seed: seed)
    weights.trainable.copy(from: first.trainable)
    weights.nonTrainable.copy(from: first.nonTrainable)
    state.view.copy(from: first.nonTrainable)
    // Errors may have no effect at the initial values, 0 for biases and 1 for factors.
    let noise = AlignedBuffer(count: weights.trainable.count)
    RandomStream(seed: seed, purpose: "gradient check/weights")
      .fillUniform(noise.view, in: -0.25..<0.25)
    for i in noise.view.indices { weights.trainable[i] += noise.view[i] }
    for (index, input) in inputs.enumerated() {
      let purpose = "gradient check/input" + (index == 0 ? "" : " \(index)")
      RandomStream(seed: seed, purpose: purpose)
        .fillUniform(input.view, in: -amplitude..<amplitude)
    }
    for view in [weights.trainable] + inputs.map(\.view) {
      for i in view.indices { view[i] = (view[i] / Self.grid).rounded() * Self.grid }
    }
  }

  /// The gradients at the point, in the order of ``tensors``.
  func gradients() -> [[Float]] {
    run(backward, targets: targets)
    return tensors.map { tensor in
      switch tensor.gradient {
      case .input(let index): backward.inputGradient(index)?.array ?? []
      case .parameter(let range): backward.gradients[range].array
      }
    }
  }

  /// v at the point.
  func values() -> [Float] {
    run(forward, targets: targets)
    let values =
      isProjected ? targets.indices.flatMap { forward.outputs($0).array } : forward.losses().array
    return values + (forward.plan.penalties.isEmpty ? [] : [Float(forward.activityPenalty)])
  }

  private func run(_ workspace: Workspace, targets: [AlignedBuffer]) {
    weights.nonTrainable.copy(from: state.view)
    workspace.run(inputs: inputs.map(\.view), targets: targets.map(\.view), seed: seed)
  }

  /// A lower bound of the magnitude of the terms of the values: 1 for losses, as of the logarithm
  /// of a probability, otherwise the root mean square of the outputs. Where terms cancel, rounding
  /// errors exceed the last places of the value.
  func size(_ values: [Float]) -> Double {
    guard isProjected else { return 1 }
    let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    return (squares / Double(max(1, values.count))).squareRoot()
  }

  /// v with an element changed by a distance.
  func values(moving tensor: Tensor, at index: Int, by distance: Float) -> [Float] {
    let original = tensor.values[index]
    defer { tensor.values[index] = original }
    tensor.values[index] = original + distance
    return values()
  }
}

/// Σ y·t: a projection of the outputs, with the gradient t.
struct ProjectionLoss: Loss {
  func validate(output: Shape, target: Shape) throws {}

  func evaluate(_ context: LossContext) {
    let size = context.outputs.count / max(1, context.sampleCount)
    for sample in 0..<context.sampleCount {
      var sum = 0.0
      for i in sample * size..<(sample + 1) * size {
        sum += Double(context.outputs[i]) * Double(context.targets[i])
        context.gradients?[i] = context.targets[i] * context.gradientScale
      }
      context.losses[sample] = Float(sum)
    }
  }
}
