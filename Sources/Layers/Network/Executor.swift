internal import PinionTensor

/// Runs the operations of a plan on the memory of a workspace.
///
/// Everything is set up once, the contexts of every operation and thread included, so that a step allocates nothing. Each part of a region writes memory of its own,
/// so parts may run on any thread; the mutable fields here are written between regions, by the thread that runs the plan.
final class Executor: Sendable {
  let plan: Plan
  private let loss: (any Loss)?
  private let weights: Weights
  private let gradients: MemoryView<Float>
  private let arena: MemoryView<UInt8>
  private let prepared: MemoryView<UInt8>
  private let threads: [ThreadMemory]
  /// For each region, operation and thread.
  nonisolated(unsafe) private let contexts: [[[LayerContext]]]
  /// The parameters of each node.
  private let entries: [[Weights.Entry]]
  /// For each node, its trainable parameters' place in the flat buffer.
  private let trainableRanges: [Range<Int>]
  private let vanishingRanges: [Range<Int>]

  nonisolated(unsafe) private var inputs: MemoryView<UInt8> = .empty
  nonisolated(unsafe) private var targets: MemoryView<Float> = .empty
  nonisolated(unsafe) private var streams: [RandomStream] = []

  init(
    plan: Plan, weights: Weights, gradients: MemoryView<Float>, arena: MemoryView<UInt8>,
    prepared: MemoryView<UInt8>, threads: [ThreadMemory]
  ) {
    self.plan = plan
    loss = plan.request.loss
    self.weights = weights
    self.gradients = gradients
    self.arena = arena
    self.prepared = prepared
    self.threads = threads
    let entries = weights.entriesByNode(count: plan.graph.nodes.count)
    self.entries = entries
    trainableRanges = entries.map { entries in
      let ranges = entries.filter(\.isTrainable).map(\.range)
      return (ranges.first?.lowerBound ?? 0)..<(ranges.last?.upperBound ?? 0)
    }
    vanishingRanges = plan.vanishing.places.map { entries[$0.node][$0.parameter].range }
    let parameters = entries.map { $0.map(weights.view(of:)) }
    contexts = plan.regions.map { region in
      region.operations.map { operation in
        threads.map { _ in
          LayerContext(pass: plan.passes[operation.node], parameters: parameters[operation.node])
        }
      }
    }
    for (region, contexts) in zip(plan.regions, contexts) {
      for (operation, contexts) in zip(region.operations, contexts) {
        for (context, thread) in zip(contexts, threads) { setUp(context, operation, thread) }
      }
    }
  }

  /// Says what the next run reads, and which random numbers it draws.
  func aim(inputs: MemoryView<Float>, targets: MemoryView<Float>, seed: UInt64, step: Int) {
    self.inputs = inputs.rebound(to: UInt8.self)
    self.targets = targets
    guard plan.request.mode == .training else { return }
    if streams.first?.seed != seed {
      streams = plan.graph.nodes.map { RandomStream(seed: seed, purpose: "layer/" + $0.name) }
    }
    for (region, contexts) in zip(plan.regions, contexts) {
      for (operation, contexts) in zip(region.operations, contexts) {
        let random = streams[operation.node].substream(step)
        for context in contexts { context.random = random }
      }
    }
  }

  /// Zeroes the gradients that layers add to directly.
  func zeroGradients() {
    for region in plan.regions {
      for operation in region.operations {
        guard case .backward(let phase) = operation.kind, phase == 0,
          operation.gradientLanes == nil, !plan.executions[operation.node].setsGradients
        else { continue }
        gradients[trainableRanges[operation.node]].fill(0)
      }
    }
  }

  /// Zeroes the gradients that are rounding and nothing else.
  func zeroVanishingGradients() {
    for range in vanishingRanges { gradients[range].fill(0) }
  }

  /// Runs a part of a region: a lane of images through all operations, or one piece of one.
  func run(region index: Int, part: Int, worker: Int) {
    let region = plan.regions[index]
    switch region.cut {
    case .images(let lanes):
      let lane = BatchCut.part(part, of: lanes, in: 0..<plan.request.batch)
      let tiles = (lane.count + region.tile - 1) / region.tile
      for tile in 0..<tiles {
        let images = BatchCut.part(tile, of: tiles, in: lane)
        for position in region.operations.indices {
          let context = contexts[index][position][worker]
          context.lane = part
          context.laneImages = lane
          context.images = images
          perform(region.operations[position], context, worker: worker)
        }
      }
    case .pieces:
      var piece = part
      for position in region.operations.indices {
        let operation = region.operations[position]
        if piece < operation.pieces {
          let context = contexts[index][position][worker]
          context.piece = piece
          context.images = 0..<plan.request.batch
          return perform(operation, context, worker: worker)
        }
        piece -= operation.pieces
      }
    }
  }

  // MARK: Operations

  private func perform(_ operation: Operation, _ context: LayerContext, worker: Int) {
    switch operation.kind {
    case .prepare: plan.layers[operation.node].prepare(context)
    case .forward:
      aimValues(operation, context, worker)
      plan.layers[operation.node].forward(context)
    case .backward:
      aimValues(operation, context, worker)
      aimGradients(operation, context, worker)
      plan.layers[operation.node].backward(context)
    case .loss: evaluateLoss(operation, images: context.images, worker: worker)
    case .lastActivation: applyLastActivation(operation, images: context.images, worker: worker)
    case .gradientSum: sumGradients(operation, images: context.images, worker: worker)
    case .reduction: reduce(operation, piece: context.piece)
    }
  }

  private func evaluateLoss(_ operation: Operation, images: Range<Int>, worker: Int) {
    guard let loss, let losses = operation.losses else { return }
    let shape = plan.graph.outputShape
    let size = targets.count / plan.request.batch
    loss.evaluate(
      LossContext(
        outputs: floats(operation.inputs[0], images, worker),
        targets: targets[images.lowerBound * size..<images.upperBound * size],
        areLogits: plan.outputsAreLogits, losses: floats(losses, images, worker),
        gradients: operation.output.map { floats($0, images, worker) },
        gradientScale: 1 / Float(plan.request.batch), classes: shape.last ?? 1))
  }

  private func applyLastActivation(_ operation: Operation, images: Range<Int>, worker: Int) {
    guard let activation = plan.lastActivation, let output = operation.output else { return }
    let values = floats(output, images, worker)
    values.copy(from: floats(operation.inputs[0], images, worker))
    activation.apply(to: values, width: plan.graph.outputShape.last ?? 1)
  }

  private func sumGradients(_ operation: Operation, images: Range<Int>, worker: Int) {
    guard let output = operation.output else { return }
    let sum = floats(output, images, worker)
    for input in operation.inputs {
      let term = floats(input, images, worker)
      require(term.count == sum.count, "gradients of different lengths")
      for i in 0..<sum.count { sum.base[i] += term.base[i] }
    }
  }

  /// Sums a piece of the gradients of a node's parameters over the lanes, in their order.
  private func reduce(_ operation: Operation, piece: Int) {
    guard let storage = operation.gradientLanes else { return }
    let target = gradients[trainableRanges[operation.node]]
    let range =
      piece * BatchCut.reduction..<min(target.count, (piece + 1) * BatchCut.reduction)
    let sum = target[range]
    for lane in 0..<operation.laneCount {
      let part = lanes(storage, lane: lane, count: target.count)[range]
      if lane == 0 {
        sum.copy(from: part)
      } else {
        for i in 0..<sum.count { sum.base[i] += part.base[i] }
      }
    }
  }

  // MARK: Views

  private func setUp(_ context: LayerContext, _ operation: Operation, _ thread: ThreadMemory) {
    let execution = plan.executions[operation.node]
    switch operation.kind {
    case .forward(let phase), .backward(let phase): context.phase = phase
    default: break
    }
    context.scratch = thread.scratch[0..<execution.scratchFloats]
    context.laneCount = operation.laneCount
    context.partialFloats = execution.partialFloats
    if let id = operation.partials { context.allPartials = common(id) }
    if let id = operation.shared { context.shared = common(id) }
    if let id = operation.prepared { context.prepared = common(id) }
    if let id = operation.carried {
      let storage = plan.storages[id]
      context.carried = thread.tile[storage.offset..<storage.offset + storage.sharedBytes]
        .rebound(to: Float.self)
    }
    if case .backward = operation.kind, operation.gradientLanes == nil {
      aimGradients(of: operation.node, context, flat: gradients[trainableRanges[operation.node]])
    }
  }

  private func aimValues(_ operation: Operation, _ context: LayerContext, _ worker: Int) {
    let images = context.images
    for (index, id) in operation.inputs.enumerated() {
      context.inputs[index] = floats(id, images, worker)
    }
    if let id = operation.output { context.output = floats(id, images, worker) }
    if let id = operation.kept { context.kept = bytes(id, images, worker) }
  }

  private func aimGradients(_ operation: Operation, _ context: LayerContext, _ worker: Int) {
    let images = context.images
    if let id = operation.outputGradient { context.outputGradient = floats(id, images, worker) }
    for (index, id) in operation.inputGradients.enumerated() {
      context.inputGradients[index] = id.map { floats($0, images, worker) }
    }
    guard let storage = operation.gradientLanes else {
      context.accumulates = !plan.executions[operation.node].setsGradients
      return
    }
    let flat = lanes(storage, lane: context.lane, count: trainableRanges[operation.node].count)
    aimGradients(of: operation.node, context, flat: flat)
    let sets = plan.executions[operation.node].setsGradients
    context.accumulates = !(context.startsLane && sets)
    if context.startsLane, !sets, context.phase == 0 { flat.fill(0) }
  }

  private func aimGradients(of node: Int, _ context: LayerContext, flat: MemoryView<Float>) {
    var index = 0
    let start = trainableRanges[node].lowerBound
    for entry in entries[node] {
      if entry.isTrainable {
        context.gradients[index] =
          flat[entry.range.lowerBound - start..<entry.range.upperBound - start]
      }
      index += 1
    }
  }

  private func lanes(_ id: Int, lane: Int, count: Int) -> MemoryView<Float> {
    common(id)[lane * count..<(lane + 1) * count]
  }

  /// Memory that all images share.
  private func common(_ id: Int) -> MemoryView<Float> {
    let storage = plan.storages[id]
    let home = storage.home == .prepared ? prepared : arena
    return home[storage.offset..<storage.offset + storage.sharedBytes].rebound(to: Float.self)
  }

  func floats(_ id: Int, _ images: Range<Int>, _ worker: Int) -> MemoryView<Float> {
    bytes(id, images, worker).rebound(to: Float.self)
  }

  private func bytes(_ id: Int, _ images: Range<Int>, _ worker: Int) -> MemoryView<UInt8> {
    let storage = plan.storages[id]
    let size = storage.bytesPerImage
    switch storage.home {
    case .prepared: return prepared[storage.offset..<storage.offset + storage.sharedBytes]
    case .inputs: return inputs[images.lowerBound * size..<images.upperBound * size]
    case .arena:
      return arena[
        storage.offset + images.lowerBound * size..<storage.offset + images.upperBound * size]
    case .tile:
      return threads[worker].tile[storage.offset..<storage.offset + images.count * size]
    }
  }
}
