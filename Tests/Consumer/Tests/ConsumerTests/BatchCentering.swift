import Pinion

/// Subtracts from each feature its mean over the batch: y = x − μ. In inference μ is a running
/// mean.
///
/// - Input and output: (N, F).
/// - Parameters: `moving_mean` (F,), not trainable.
struct BatchCentering: Layer {
  /// How much of the running mean a step keeps.
  var momentum: Float = 0.9

  func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 1 else {
      throw LayerError("vectors of features", received: "the shape \(inputs[0])")
    }
    return inputs[0]
  }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("moving_mean", shape: inputs[0], initializer: .zeros, isTrainable: false)]
  }

  func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.backwardReadsInputs = false
    guard pass.mode == .training else { return execution }
    execution.forward = [.images, .pieces(1), .images]
    execution.backward = [.images, .pieces(1), .images]
    execution.partialFloats = pass.inputs[0].elementCount
    execution.sharedFloats = pass.inputs[0].elementCount
    return execution
  }

  // y = x − μ
  func forward(_ context: LayerContext) {
    let (x, y, moving) = (context.inputs[0], context.output, context.parameters[0])
    switch (context.mode, context.phase) {
    case (.inference, _): subtract(moving, from: x, into: y)
    case (.training, 0): sum(x, context)
    case (.training, 1):
      concludeMean(context)
      for f in moving.indices {
        moving[f] = momentum * moving[f] + (1 - momentum) * context.shared[f]
      }
    case (.training, _): subtract(context.shared, from: x, into: y)
    }
  }

  // dx = dy − mean(dy)
  func backward(_ context: LayerContext) {
    let dy = context.outputGradient
    switch context.phase {
    case 0: sum(dy, context)
    case 1: concludeMean(context)
    default:
      guard let dx = context.inputGradients[0] else { return }
      subtract(context.shared, from: dy, into: dx)
    }
  }

  /// Adds the images of the call to the sums of their lane.
  private func sum(_ rows: MemoryView<Float>, _ context: LayerContext) {
    let sums = context.partials
    if context.startsLane { sums.fill(0) }
    for i in rows.indices { sums[i % sums.count] += rows[i] }
  }

  /// Writes the mean over all lanes, which are added in their order.
  private func concludeMean(_ context: LayerContext) {
    let mean = context.shared
    mean.fill(0)
    for lane in 0..<context.laneCount {
      let sums = context.partials(lane: lane)
      for f in mean.indices { mean[f] += sums[f] }
    }
    for f in mean.indices { mean[f] /= Float(context.batch) }
  }

  private func subtract(
    _ mean: MemoryView<Float>, from rows: MemoryView<Float>, into result: MemoryView<Float>
  ) {
    for i in rows.indices { result[i] = rows[i] - mean[i % mean.count] }
  }
}
