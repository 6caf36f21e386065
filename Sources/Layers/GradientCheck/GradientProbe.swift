internal import PinionTensor

/// A graph that is evaluated around random points: its gradient there, and its value after one number was moved.
///
/// The value is Σ weightₖ·vₖ, v the outputs and the weights a random projection of them, or v the samples' losses and the weights
/// one over the batch's size.
final class GradientProbe {
  /// All numbers of a point are multiples of it, so that moving one by a step is exact.
  private static let grid: Float = 0x1p-17

  /// A number that can be moved: of the input, or of a parameter.
  struct Tensor {
    let name: String
    let values: MemoryView<Float>
    /// The place in ``gradients``, nil for the input.
    let range: Range<Int>?
  }

  let tensors: [Tensor]
  /// weightₖ.
  let projection: [Double]
  private let graph: Graph
  private let isProjected: Bool
  private let weights: Weights
  private let inputs: AlignedBuffer
  private let targets: AlignedBuffer
  /// What layers change themselves, as it is at the point.
  private let state: AlignedBuffer
  private let backward: Workspace
  private let forward: Workspace
  private var seed: UInt64 = 0

  init(graph: Graph, loss: any Loss, targets: AlignedBuffer, batch: Int) {
    self.graph = graph
    self.targets = targets
    isProjected = loss is ProjectionLoss
    weights = Weights(graph: graph, seed: 0)
    inputs = AlignedBuffer(count: batch * graph.inputShape.elementCount)
    state = AlignedBuffer(count: weights.nonTrainable.count)
    projection =
      isProjected
      ? targets.view.array.map { Double($0) / Double(batch) }
      : Array(repeating: 1 / Double(batch), count: batch)
    let pool = ThreadPool(threads: 1)
    backward = Workspace(
      plan: Plan(
        graph: graph,
        request: .init(
          mode: .training, batch: batch, loss: loss, isBackward: true, wantsInputGradient: true)),
      weights: weights, pool: pool)
    forward = Workspace(
      plan: Plan(
        graph: graph,
        request: .init(mode: .training, batch: batch, loss: isProjected ? nil : loss)),
      weights: weights, pool: pool)
    let (weights, inputs) = (weights, inputs)
    tensors =
      [Tensor(name: "input", values: inputs.view, range: nil)]
      + weights.entries.filter(\.isTrainable).map {
        Tensor(name: $0.name, values: weights.view(of: $0), range: $0.range)
      }
  }

  /// Goes to random parameters, and inputs of the given largest magnitude.
  func move(seed: UInt64, amplitude: Float) {
    self.seed = seed
    let first = Weights(graph: graph, seed: seed)
    weights.trainable.copy(from: first.trainable)
    weights.nonTrainable.copy(from: first.nonTrainable)
    state.view.copy(from: first.nonTrainable)
    // Biases start at zero and factors at one, where errors may hide.
    let noise = AlignedBuffer(count: weights.trainable.count)
    RandomStream(seed: seed, purpose: "gradient check/weights")
      .fillUniform(noise.view, in: -0.25..<0.25)
    for i in noise.view.indices { weights.trainable[i] += noise.view[i] }
    RandomStream(seed: seed, purpose: "gradient check/input")
      .fillUniform(inputs.view, in: -amplitude..<amplitude)
    for view in [weights.trainable, inputs.view] {
      for i in view.indices { view[i] = (view[i] / Self.grid).rounded() * Self.grid }
    }
  }

  /// The gradients at the point, in the order of ``tensors``.
  func gradients() -> [[Float]] {
    weights.nonTrainable.copy(from: state.view)
    backward.run(inputs: inputs.view, targets: targets.view, seed: seed)
    return tensors.map { tensor in
      tensor.range.map { backward.gradients[$0].array } ?? backward.inputGradient?.array ?? []
    }
  }

  /// v at the point.
  func values() -> [Float] {
    weights.nonTrainable.copy(from: state.view)
    forward.run(
      inputs: inputs.view, targets: isProjected ? nil : targets.view, seed: seed)
    return isProjected ? forward.outputs.array : forward.losses.array
  }

  /// How large what values are computed from is, at least: of losses 1, as of the logarithm of a probability, else the outputs' root of
  /// the mean of squares. Where terms cancel, values are wrong by more than their own last places.
  func size(_ values: [Float]) -> Double {
    guard isProjected else { return 1 }
    let squares = values.reduce(0.0) { $0 + Double($1) * Double($1) }
    return (squares / Double(max(1, values.count))).squareRoot()
  }

  /// v with a number moved by a distance.
  func values(moving tensor: Tensor, at index: Int, by distance: Float) -> [Float] {
    let original = tensor.values[index]
    defer { tensor.values[index] = original }
    tensor.values[index] = original + distance
    return values()
  }
}

/// A part of a vector as a tensor, so that a layer of several inputs can be checked in a graph of one.
struct InputSlice: Layer {
  var start: Int
  var shape: Shape

  func outputShape(for inputs: [Shape]) -> Shape { shape }

  func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.backwardReadsInputs = false
    return execution
  }

  func forward(_ context: LayerContext) {
    let (size, width) = (shape.elementCount, context.inputShapes[0].elementCount)
    for image in 0..<context.imageCount {
      let source = image * width + start
      context.output[image * size..<(image + 1) * size]
        .copy(from: context.inputs[0][source..<source + size])
    }
  }

  func backward(_ context: LayerContext) {
    guard let dx = context.inputGradients[0] else { return }
    let (size, width) = (shape.elementCount, context.inputShapes[0].elementCount)
    dx.fill(0)
    for image in 0..<context.imageCount {
      let target = image * width + start
      dx[target..<target + size].copy(
        from: context.outputGradient[image * size..<(image + 1) * size])
    }
  }
}

/// Σ y·t: the outputs seen along one direction, whose gradient is the direction itself.
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
