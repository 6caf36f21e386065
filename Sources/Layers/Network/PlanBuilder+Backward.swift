internal import CPinionKernels
internal import PinionTensor

extension PlanBuilder {
  // MARK: Losses

  /// Adds the loss of an output, and its gradient if there is a backward pass.
  mutating func addLoss(_ loss: Plan.OutputLoss) {
    let index = loss.output
    let value = graph.outputs[index]
    let program = LayerProgram(
      LayerPass(
        mode: request.mode, inputs: [graph[value].shape, [], []], output: [], batch: request.batch)
    )
    let (areLogits, classes) = (outputs[index].areLogits, graph[value].shape.last ?? 1)
    let shape = graph[value].shape
    let isSum = loss.loss.reduction == .sum
    let positions = Float(isSum ? shape.elementCount / max(1, classes) : 1)
    let scale = loss.weight * (isSum ? positions : 1 / Float(request.batch))
    let evaluate = loss.loss
    let phase = LayerProgram.Phase.samples { context in
      let gradients = context.inputGradients[0]
      evaluate.evaluate(
        LossContext(
          outputs: context.inputs[0], targets: context.inputs[1], areLogits: areLogits,
          losses: context.output, gradients: gradients, gradientScale: scale, classes: classes,
          outputShape: shape))
      if positions != 1 { for i in context.output.indices { context.output[i] *= positions } }
      Self.weigh(context.output, gradients, by: context.inputs[2])
    }
    var operation = Operation(phase, of: program, node: nil)
    let losses = add(Storage(bytesPerSample: 4))
    storages[losses].isPinned = true
    operation.inputs = [
      outputs[index].value, add(Storage(home: .target(index))), add(Storage(home: .sampleWeights)),
    ]
    operation.output = losses
    operation.inputGradients = [nil, nil, nil]
    (outputs[index].losses, outputs[index].weight) = (losses, loss.weight)
    outputs[index].isSum = isSum
    if request.isBackward, isDifferentiated[value] {
      let gradient = add(Storage(bytesPerSample: bytes(of: value)))
      gradients[value].append(gradient)
      operation.inputGradients[0] = gradient
    }
    let minimum = lastMinimum
    addOverSamples(operation, minimum: minimum)
    if request.wantsProbabilities, areLogits { addProbabilities(index, minimum: minimum) }
  }

  /// Multiplies losses and gradients by the sample weights, if any.
  private static func weigh(
    _ losses: MemoryView<Float>, _ gradients: MemoryView<Float>?, by weights: MemoryView<Float>
  ) {
    guard weights.count > 0 else { return }
    let size = (gradients?.count ?? 0) / max(1, losses.count)
    for sample in losses.indices {
      let weight = weights[sample]
      losses[sample] *= weight
      guard let gradients else { continue }
      for i in sample * size..<(sample + 1) * size { gradients.base[i] *= weight }
    }
  }

  /// Applies the last activation to logits, out of place, because the backward pass may read the
  /// logits.
  private mutating func addProbabilities(_ index: Int, minimum: Int) {
    let value = graph.outputs[index]
    guard let producer = graph[value].producer,
      let activation = graph.layer(of: graph[producer]).layer.trailingActivation
    else { return }
    let (shape, width) = (graph[value].shape, graph[value].shape.last ?? 1)
    let program = LayerProgram(
      LayerPass(mode: request.mode, inputs: [shape], output: shape, batch: request.batch))
    let phase = LayerProgram.Phase.samples { context in
      context.output.copy(from: context.inputs[0])
      activation.apply(to: context.output, width: width)
    }
    var operation = Operation(phase, of: program, node: nil)
    let probabilities = add(Storage(bytesPerSample: bytes(of: value)))
    storages[probabilities].isPinned = true
    operation.inputs = [outputs[index].value]
    operation.output = probabilities
    operation.inputGradients = [nil]
    operation.determinesTiles = false
    outputs[index].probabilities = probabilities
    addOverSamples(operation, minimum: minimum)
  }

  // MARK: Layers

  mutating func addBackward() {
    for node in graph.nodes.reversed() where isDifferentiated[node.output] { addBackward(node) }
    inputGradients = graph.inputs.map { input in
      guard request.wantsInputGradients, let gradient = sumOfGradients(of: input) else {
        return nil
      }
      storages[gradient].isPinned = true
      return gradient
    }
    addPieces(deferred)
    addPieces(graph.layers.compactMap { gradientSum(of: $0) })
  }

  private mutating func addBackward(_ node: Graph.Node) {
    let program = programs[node.id]
    guard let gradient = addPenaltyGradient(of: node, to: sumOfGradients(of: node.output)) else {
      return
    }
    var inputGradients: [StorageID?] = []
    for (index, input) in node.inputs.enumerated() {
      guard isDifferentiated[input] else {
        inputGradients.append(nil)
        continue
      }
      let reuses = program.outputMemory != .separate && index == 0
      let own = reuses ? gradient : add(Storage(bytesPerSample: bytes(of: input)))
      inputGradients.append(own)
      gradients[input].append(own)
    }
    guard program.outputMemory != .alias else { return }
    let inputs =
      program.backwardReads.contains(.inputs) ? node.inputs.map { values[$0] } : []
    let output = program.backwardReads.contains(.output) ? values[node.output] : nil
    let target = gradientMemory(of: node)
    let carried = carriedMemory(of: node)
    add(program.backward, of: node) { operation in
      (operation.inputs, operation.output) = (inputs, output)
      (operation.outputGradient, operation.inputGradients) = (gradient, inputGradients)
      operation.gradients = target
      for (slot, storage) in carried { operation.memory[slot] = storage }
    }
  }

  private mutating func carriedMemory(of node: Graph.Node) -> [(slot: Int, StorageID)] {
    let program = programs[node.id]
    return program.reservations.indices.compactMap { slot in
      guard program.reservations[slot].scope == .carried else { return nil }
      require(program.backward.count == 1, "memory carried through several phases")
      var storage = Storage(sharedBytes: program.reservations[slot].bytes)
      storage.isCarried = true
      return (slot, add(storage))
    }
  }

  // MARK: Gradients of parameters

  /// The memory for the gradients of a node's parameters: lanes, if its backward pass has only
  /// phases over samples; otherwise the flat buffer, or a block if other nodes share the
  /// parameters.
  private mutating func gradientMemory(of node: Graph.Node) -> Operation.Gradients {
    let (layer, program) = (graph.layer(of: node), programs[node.id])
    guard layer.isTrainable else {
      let size = layer.parameters.filter(\.isTrainable).reduce(0) { $0 + $1.shape.elementCount }
      guard program.discardsFrozenGradients, size > 0 else { return .none }
      return .discarded(addScratch(bytes: 4 * size))
    }
    let size = gradientRanges[layer.id].count
    guard size > 0 else { return .none }
    let isOverSamples = program.backward.allSatisfy {
      if case .samples = $0.division { true } else { false }
    }
    if isOverSamples {
      let laneCount = BatchPartition.laneCount(
        batch: request.batch, minimum: Self.minimum(of: program.backward))
      let lanes = add(Storage(sharedBytes: 4 * size * laneCount, laneCount: laneCount))
      gradientParts[layer.id].append((lanes, laneCount))
      return .lanes(lanes)
    }
    guard useCounts[layer.id] > 1 else { return .flat(gradientRanges[layer.id]) }
    let block = add(Storage(sharedBytes: 4 * size))
    storages[block].startsEarly = !program.setsGradients
    gradientParts[layer.id].append((block, 1))
    return .block(block)
  }

  /// Sums the gradients of a layer's parameters over nodes and lanes, in pieces.
  private mutating func gradientSum(of layer: GraphLayer) -> Operation? {
    let parts = gradientParts[layer.id]
    guard !parts.isEmpty else { return nil }
    let size = gradientRanges[layer.id].count
    var program = LayerProgram(
      LayerPass(mode: request.mode, inputs: [], output: [], batch: request.batch))
    let handles = parts.map { part in
      (lanes: program.reserve(.shared, count: size * part.laneCount), count: part.laneCount)
    }
    let length = LaneSum.pieceLength
    let sumsOwnLanes = parts.count == 1 && storages[parts[0].storage].laneCount > 0
    let phase = LayerProgram.Phase.pieces((size + length - 1) / length) { context in
      let range = context.piece * length..<min(size, (context.piece + 1) * length)
      for (index, part) in handles.enumerated() {
        var (lanes, count) = (context[part.lanes], part.count)
        if sumsOwnLanes {
          count /= context.laneShare.count
          let first = context.laneShare.index * count
          lanes = lanes[first * size..<(first + count) * size]
        }
        LaneSum.add(
          lanes, laneCount: count, range: range, to: context.gradients[0], isFirst: index == 0)
      }
    }
    var operation = Operation(phase, of: program, node: nil)
    operation.memory = parts.map(\.storage)
    operation.gradients = .flat(gradientRanges[layer.id])
    operation.sumsOwnLanes = sumsOwnLanes
    return operation
  }

  // MARK: Gradients of values

  /// The gradient of a value: the sum over its readers, in the memory of the first term.
  private mutating func sumOfGradients(of value: ValueID) -> StorageID? {
    guard let first = gradients[value].first else { return nil }
    guard gradients[value].count > 1 else { return first }
    let shape = graph[value].shape
    let program = LayerProgram(
      LayerPass(
        mode: request.mode, inputs: gradients[value].dropFirst().map { _ in shape },
        output: shape, batch: request.batch))
    let phase = LayerProgram.Phase.samples { context in
      let sum = context.output
      for term in context.inputs {
        require(term.count == sum.count, "gradients of different lengths")
        pinion_add_float(sum.base, 1, term.base, 1, sum.base, sum.count)
      }
    }
    var operation = Operation(phase, of: program, node: nil)
    operation.inputs = Array(gradients[value].dropFirst())
    operation.output = first
    operation.inputGradients = Array(repeating: nil, count: operation.inputs.count)
    addOverSamples(operation, minimum: lastMinimum)
    return first
  }
}

/// Sums over the lanes of gradients along the ``LaneTree``.
enum LaneSum {
  /// The number of elements of a piece.
  static let pieceLength = 16_384
  /// The number of elements of which all lanes fit the L1 cache.
  private static let blockLength = 256

  /// Adds the sum over lanes of `range` to `target`, or sets it if `isFirst`. Overwrites the lanes.
  ///
  /// - Parameters:
  ///   - lanes: (laneCount, target.count).
  static func add(
    _ lanes: MemoryView<Float>, laneCount: Int, range: Range<Int>, to target: MemoryView<Float>,
    isFirst: Bool
  ) {
    let width = target.count
    require(lanes.count == laneCount * width && range.upperBound <= width, "lanes of another shape")
    for start in stride(from: range.lowerBound, to: range.upperBound, by: blockLength) {
      let count = min(blockLength, range.upperBound - start)
      LaneTree.reduce(count: laneCount) { into, from in
        let (sum, term) = (lanes.base + into * width + start, lanes.base + from * width + start)
        pinion_add_float(sum, 1, term, 1, sum, count)
      }
      let (total, result) = (lanes.base + start, target.base + start)
      if isFirst {
        result.update(from: total, count: count)
      } else {
        pinion_add_float(result, 1, total, 1, result, count)
      }
    }
  }
}
