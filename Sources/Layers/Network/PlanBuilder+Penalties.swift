internal import PinionTensor

/// The penalties on outputs of layers, and their gradients: ``Layer/activityRegularizer``.
extension PlanBuilder {
  /// The regularizer of a node's output, if it counts in the plan.
  func activityRegularizer(of node: Graph.Node) -> (any Regularizer)? {
    request.losses.isEmpty ? nil : graph.layer(of: node).layer.activityRegularizer
  }

  /// Adds the penalty on the output of a node for each sample, if the layer has one.
  mutating func addPenalty(_ node: Graph.Node) {
    guard let regularizer = activityRegularizer(of: node) else { return }
    let shape = graph[node.output].shape
    let size = shape.elementCount
    let program = LayerProgram(
      LayerPass(mode: request.mode, inputs: [shape], output: [], batch: request.batch))
    let phase = LayerProgram.Phase.samples { context in
      let (y, penalties) = (context.inputs[0], context.output)
      for sample in penalties.indices {
        penalties[sample] = Float(
          regularizer.penalty(of: y[sample * size..<(sample + 1) * size], shape: shape))
      }
    }
    var operation = Operation(phase, of: program, node: nil)
    let penalty = add(Storage(bytesPerSample: 4))
    storages[penalty].isPinned = true
    penalties.append(penalty)
    operation.inputs = [values[node.output]]
    operation.output = penalty
    operation.inputGradients = [nil]
    addOverSamples(operation, minimum: lastMinimum)
  }

  /// Adds the gradient of the penalty on the output of a node to that of the losses, in its memory.
  /// Returns where the sum is; nil if there is neither.
  mutating func addPenaltyGradient(
    of node: Graph.Node, to gradient: StorageID?
  ) -> StorageID? {
    guard let regularizer = activityRegularizer(of: node) else { return gradient }
    let shape = graph[node.output].shape
    let (size, isOnly, scale) = (
      shape.elementCount, gradient == nil, 1 / Float(request.batch)
    )
    var program = LayerProgram(
      LayerPass(mode: request.mode, inputs: [shape], output: shape, batch: request.batch))
    let own = program.reserve(.scratch, count: size)
    let phase = LayerProgram.Phase.samples { context in
      let (y, sum, own) = (context.inputs[0], context.output, context[own])
      require(y.count == sum.count, "gradients of different lengths")
      if isOnly { sum.fill(0) }
      for start in stride(from: 0, to: y.count, by: max(1, size)) {
        own.fill(0)
        regularizer.addGradient(of: y[start..<start + size], shape: shape, to: own)
        let part = sum.base + start
        for i in 0..<size { part[i] += scale * own.base[i] }
      }
    }
    var operation = Operation(phase, of: program, node: nil)
    let sum = gradient ?? add(Storage(bytesPerSample: bytes(of: node.output)))
    operation.inputs = [values[node.output]]
    operation.output = sum
    operation.inputGradients = [nil]
    operation.memory = [addScratch(bytes: 4 * size)]
    addOverSamples(operation, minimum: lastMinimum)
    return sum
  }
}
