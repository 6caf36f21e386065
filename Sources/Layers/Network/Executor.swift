internal import PinionTensor

/// Runs the operations of a plan on the memory of a workspace.
///
/// The contexts of all operations and threads are created once, so that a step does not allocate.
/// Parts of a region write disjoint memory and may run on any thread; the mutable fields are
/// written between regions only, by the thread that runs the plan.
final class Executor: Sendable {
  let plan: Plan
  let gradients: MemoryView<Float>
  private let arena: MemoryView<UInt8>
  private let prepared: MemoryView<UInt8>
  let threads: [ThreadMemory]
  /// The regions of each thread.
  nonisolated(unsafe) private let regions: [[RegionSteps]]
  private let locations: [Storage.Location]
  /// The parameters of each layer.
  private let parameters: [[LayerParameter]]
  /// Gradients that are zeroed at the start of a run, because operations add to them.
  private let zeroed: [MemoryView<Float>]
  /// Gradients that are zeroed at the end of a run; see ``VanishingGradients``.
  private let vanishing: [MemoryView<Float>]

  nonisolated(unsafe) private var inputs: [MemoryView<Float>]
  nonisolated(unsafe) private var targets: [MemoryView<Float>]
  nonisolated(unsafe) private var sampleWeights: MemoryView<Float> = .empty
  /// The random numbers of each node.
  nonisolated(unsafe) private var streams: [RandomStream] = []

  /// A parameter, and its range in the layer's gradients; empty if it is not trainable.
  private struct LayerParameter {
    let view: MemoryView<Float>
    let gradient: Range<Int>
  }

  init(
    plan: Plan, weights: Weights, gradients: MemoryView<Float>, arena: MemoryView<UInt8>,
    prepared: MemoryView<UInt8>, threads: [ThreadMemory],
    laneShare: (index: Int, count: Int) = (0, 1)
  ) {
    self.plan = plan
    self.gradients = gradients
    self.arena = arena
    self.prepared = prepared
    self.threads = threads
    inputs = Array(repeating: .empty, count: plan.graph.inputs.count)
    targets = Array(repeating: .empty, count: plan.graph.outputs.count)
    let entries = weights.entries(byLayerOf: plan.graph)
    vanishing = plan.vanishing.compactMap { place in
      let entry = entries[place.layer][place.parameter.index]
      return entry.isTrainable ? gradients[entry.range] : nil
    }
    let parameters = entries.map { entries in
      // Frozen layers have ranges, too, because some compute gradients anyway.
      var end = 0
      return entries.map { entry in
        let start = end
        if entry.parameter.isTrainable { end += entry.shape.elementCount }
        return LayerParameter(view: weights.view(of: entry), gradient: start..<end)
      }
    }
    self.parameters = parameters
    locations = plan.storages.map(Storage.Location.init)
    regions = threads.map { _ in
      plan.regions.map { region in
        let steps = region.operations.map { operation in
          let parameters = operation.node.map { parameters[plan.graph[$0].layer] } ?? []
          let context = LayerContext(
            pass: operation.program.pass, parameters: parameters.map(\.view),
            memory: operation.memory.count)
          return RegionSteps.Step(operation, context: context, storages: plan.storages)
        }
        return RegionSteps(region, steps: steps)
      }
    }
    var zeroed: [MemoryView<Float>] = []
    for operation in plan.regions.flatMap(\.operations)
    where operation.startsPass && operation.node != nil && !operation.program.setsGradients {
      switch operation.gradients {
      case .flat(let range): zeroed.append(gradients[range])
      case .block(let id):
        let storage = plan.storages[id]
        zeroed.append(
          arena[storage.offset..<storage.offset + storage.sharedBytes].rebound(to: Float.self))
      case .none, .lanes, .discarded: break
      }
    }
    self.zeroed = zeroed
    for (regions, thread) in zip(regions, threads) {
      for step in regions.lazy.flatMap(\.steps) {
        step.context.laneShare = laneShare
        bindFixed(step.context, step.operation, thread)
      }
    }
  }

  // MARK: A run

  /// Sets an input of the next run.
  func bind(input index: Int, to view: MemoryView<Float>) { inputs[index] = view }

  /// Sets the targets of an output for the next run.
  func bind(target index: Int, to view: MemoryView<Float>) { targets[index] = view }

  /// Sets the sample weights of the next run; empty for 1.
  func bind(sampleWeights: MemoryView<Float>) { self.sampleWeights = sampleWeights }

  /// Sets the random numbers of the next run.
  func bind(seed: UInt64, step: Int) {
    guard plan.request.mode == .training else { return }
    if streams.first?.seed != seed {
      streams = plan.graph.nodes.map { RandomStream(seed: seed, purpose: "layer/" + $0.name) }
    }
    for (region, first) in regions[0].enumerated() {
      for (index, first) in first.steps.enumerated() {
        guard let node = first.operation.node else { continue }
        let random = streams[node].substream(step)
        for regions in regions { regions[region].steps[index].context.random = random }
      }
    }
  }

  /// Zeroes the gradients that layers add to directly.
  func zeroGradients() { for view in zeroed { view.fill(0) } }

  /// Zeroes the gradients that contain only rounding errors.
  func zeroVanishingGradients() { for view in vanishing { view.fill(0) } }

  /// Runs a part of a region: all operations on a lane, or one piece of an operation.
  func run(region index: Int, part: Int, worker: Int) {
    let region = regions[worker][index]
    switch region.division {
    case .samples(let lanes):
      let lane = BatchPartition.part(part, of: lanes, in: 0..<plan.request.batch)
      let tiles = (lane.count + region.tile - 1) / region.tile
      for tile in 0..<tiles {
        let samples = BatchPartition.part(tile, of: tiles, in: lane)
        for step in region.steps {
          let context = step.context
          context.lane = part
          context.laneSamples = lane
          context.samples = samples
          perform(step, worker)
        }
      }
    case .pieces:
      let (step, piece) = region.pieces[part]
      step.context.piece = piece
      step.context.samples = 0..<plan.request.batch
      perform(step, worker)
    }
  }

  private func perform(_ step: RegionSteps.Step, _ worker: Int) {
    bindValues(step, step.context, worker)
    if case .samples = step.operation.phase.division { startLane(step, step.context) }
    step.operation.phase.body(step.context)
  }

  // MARK: Binding

  /// Binds views that are equal in all calls.
  private func bindFixed(_ context: LayerContext, _ operation: Operation, _ thread: ThreadMemory) {
    context.laneCount = operation.laneCount
    for (slot, id) in operation.memory.enumerated() where plan.storages[id].bytesPerSample == 0 {
      context.memory[slot] = shared(id, thread)
    }
    switch operation.gradients {
    case .none, .lanes: break
    case .flat(let range): bind(gradients[range], to: context, operation)
    case .block(let id), .discarded(let id):
      bind(shared(id, thread).rebound(to: Float.self), to: context, operation)
    }
    context.accumulates = !operation.program.setsGradients
  }

  /// Binds views that depend on the samples.
  private func bindValues(_ step: RegionSteps.Step, _ context: LayerContext, _ worker: Int) {
    let samples = context.samples
    for index in step.operation.inputs.indices {
      context.inputs[index] = floats(step.operation.inputs[index], samples, worker)
    }
    if let id = step.operation.output { context.output = floats(id, samples, worker) }
    if let id = step.operation.outputGradient {
      context.outputGradient = floats(id, samples, worker)
    }
    for index in step.operation.inputGradients.indices {
      // Not by `map`: without optimization, its nil is an address of zero beside any count, which
      // `inputGradients[0]?.fill(0)` takes for a view (Swift 6.3 tests both words there).
      if let id = step.operation.inputGradients[index] {
        context.inputGradients[index] = floats(id, samples, worker)
      } else {
        context.inputGradients[index] = nil
      }
    }
    for (slot, id) in step.kept { context.memory[slot] = bytes(id, samples, worker) }
  }

  /// Binds the gradients of the lane, and zeroes sums at its start.
  private func startLane(_ step: RegionSteps.Step, _ context: LayerContext) {
    let startsPass = context.startsLane && step.operation.startsPass
    if case .lanes(let id) = step.operation.gradients {
      let all = shared(id, threads[0]).rebound(to: Float.self)
      let size = all.count / step.operation.laneCount
      let lane = all[context.lane * size..<(context.lane + 1) * size]
      bind(lane, to: context, step.operation)
      let setsGradients = step.operation.program.setsGradients
      context.accumulates = !(context.startsLane && setsGradients)
      if startsPass, !setsGradients { lane.fill(0) }
    }
    guard startsPass else { return }
    for (slot, bytes) in step.laneSums {
      let start = context.lane * bytes
      context.memory[slot][start..<start + bytes].fill(0)
    }
  }

  /// Binds the gradient of each parameter to its range of `flat`.
  private func bind(_ flat: MemoryView<Float>, to context: LayerContext, _ operation: Operation) {
    guard let node = operation.node else {
      context.gradients = [flat]
      return
    }
    let parameters = parameters[plan.graph[node].layer]
    for index in parameters.indices { context.gradients[index] = flat[parameters[index].gradient] }
  }

  // MARK: Views

  /// Memory that all samples share.
  func shared(_ id: StorageID, _ thread: ThreadMemory) -> MemoryView<UInt8> {
    let storage = locations[id]
    let range = storage.offset..<storage.offset + storage.sharedBytes
    switch storage.home {
    case .prepared: return prepared[range]
    case .tile: return thread.tile[range]
    case .scratch: return thread.scratch[range]
    case .arena: return arena[range]
    case .input, .target, .sampleWeights: return .empty
    }
  }

  func floats(_ id: StorageID, _ samples: Range<Int>, _ worker: Int) -> MemoryView<Float> {
    bytes(id, samples, worker).rebound(to: Float.self)
  }

  func bytes(
    _ id: StorageID, _ samples: Range<Int>, _ worker: Int
  ) -> MemoryView<UInt8> {
    let storage = locations[id]
    let size = storage.bytesPerSample
    let range = samples.lowerBound * size..<samples.upperBound * size
    switch storage.home {
    case .input(let index): return inputs[index].rebound(to: UInt8.self)[range]
    case .target(let index): return part(of: targets[index], samples)
    case .sampleWeights: return part(of: sampleWeights, samples)
    case .prepared: return prepared[storage.offset..<storage.offset + storage.sharedBytes]
    case .scratch, .arena:
      return arena[storage.offset + range.lowerBound..<storage.offset + range.upperBound]
    case .tile: return threads[worker].tile[storage.offset..<storage.offset + range.count]
    }
  }

  /// The part of the caller's memory for a range of samples.
  private func part(of view: MemoryView<Float>, _ samples: Range<Int>) -> MemoryView<UInt8> {
    let size = view.count / plan.request.batch
    return view[samples.lowerBound * size..<samples.upperBound * size].rebound(to: UInt8.self)
  }
}
