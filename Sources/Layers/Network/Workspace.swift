package import PinionTensor

/// The memory to run a plan: the activations of a batch, and the scratch memory of each thread.
///
/// Used by one caller at a time; only the weights are shared with other workspaces. Runs do not
/// allocate.
package final class Workspace {
  package let plan: Plan
  private let weights: Weights
  private let pool: ThreadPool
  package let memory: WorkspaceMemory
  /// The number of threads that the memory serves.
  private let threadCount: Int
  private let gradientBuffer: AlignedBuffer
  private let executor: Executor
  private let preparation: Preparation
  /// The regions of a run, without ``Plan/preparations`` if the preparation is given.
  private let regions: Range<Int>
  private let bodies: [Body]
  /// The exchanges with the other ranks that run a part of the plan, if any.
  private let share: WorkspaceShare?

  /// The loop body of a region. In a struct, because reading a function from an array of functions
  /// allocates.
  private struct Body {
    let run: @Sendable (_ part: Int, _ worker: Int) -> Void
  }

  /// - Parameters:
  ///   - gradients: Memory for the gradients of all trainable parameters. Default: allocated for a
  ///     backward plan.
  ///   - memory: Memory that serves the plan, shared with workspaces that do not run at the same
  ///     time. Default: allocated.
  ///   - preparation: Memory computed from constant parameters. Default: computed by each run.
  ///   - ranks: The ranks that share the batch, of which this one runs its part. Results are those
  ///     of a single process, on all ranks. Default: none.
  package init(
    plan: Plan, weights: Weights, pool: ThreadPool, gradients: AlignedBuffer? = nil,
    memory: WorkspaceMemory? = nil, preparation: Preparation? = nil, ranks: RankGroup? = nil
  ) {
    self.plan = plan
    self.weights = weights
    self.pool = pool
    let count = plan.request.isBackward ? weights.trainable.count : 0
    gradientBuffer = gradients ?? AlignedBuffer(count: count)
    require(gradientBuffer.count >= count, "too little memory for gradients")
    threadCount = plan.threads(of: pool.threadCount)
    let memory = memory ?? WorkspaceMemory(for: plan, threads: threadCount)
    require(memory.serves(plan, threads: threadCount), "too little memory for the plan")
    self.memory = memory
    require(
      preparation == nil || plan.request.hasConstantParameters,
      "prepared once, of parameters that change")
    let prepared = preparation ?? Preparation(bytes: plan.preparedBytes)
    require(prepared.bytes == plan.preparedBytes, "prepared for another network")
    self.preparation = prepared
    regions = (preparation == nil ? 0 : plan.preparations.upperBound)..<plan.regions.count
    let executor = Executor(
      plan: plan, weights: weights, gradients: gradientBuffer.view,
      arena: memory.arena.view.rebound(to: UInt8.self), prepared: prepared.view,
      threads: Array(memory.threads.prefix(threadCount)),
      laneShare: ranks.map { ($0.index, $0.count) } ?? (0, 1))
    self.executor = executor
    guard let ranks, ranks.count > 1 else {
      share = nil
      bodies = plan.regions.indices.map { region in
        Body { part, worker in executor.run(region: region, part: part, worker: worker) }
      }
      return
    }
    let share = PlanShare(plan, index: ranks.index, count: ranks.count)
    self.share = WorkspaceShare(share, group: ranks, executor: executor, gradients: count)
    bodies = plan.regions.indices.map { region in
      let parts = share.regions[region].parts
      return Body { index, worker in
        executor.run(region: region, part: parts[index], worker: worker)
      }
    }
  }

  /// Gives all ranks the inputs of the last run for all samples.
  package func gatherInputs() { share?.gatherInputs() }

  /// Runs a plan of one input and at most one loss.
  ///
  /// - Parameters:
  ///   - inputs: (N, input shape).
  ///   - targets: (N, target shape), if the plan has a loss.
  ///   - sampleWeights: (N,), factors of the samples' losses. Default: 1.
  ///   - seed: The seed of the layers' random numbers.
  ///   - step: The zero-based step, on which random numbers depend.
  package func run(
    inputs: MemoryView<Float>, targets: MemoryView<Float>? = nil,
    sampleWeights: MemoryView<Float>? = nil, seed: UInt64 = 0, step: Int = 0
  ) {
    require(plan.graph.inputs.count == 1, "one input for a network of several")
    bind(inputs, to: 0)
    if let targets { executor.bind(target: plan.request.losses.first?.output ?? 0, to: targets) }
    run(losses: targets == nil ? 0 : 1, sampleWeights, seed, step)
  }

  /// Runs the plan.
  ///
  /// - Parameters:
  ///   - inputs: (N, input shape) for each input of the graph.
  ///   - targets: (N, target shape) for each loss of the plan.
  ///   - sampleWeights: (N,), factors of the samples' losses. Default: 1.
  ///   - seed: The seed of the layers' random numbers.
  ///   - step: The zero-based step, on which random numbers depend.
  package func run(
    inputs: [MemoryView<Float>], targets: [MemoryView<Float>] = [],
    sampleWeights: MemoryView<Float>? = nil, seed: UInt64 = 0, step: Int = 0
  ) {
    require(
      inputs.count == plan.graph.inputs.count,
      "\(inputs.count) inputs, \(plan.graph.inputs.count) expected")
    for index in inputs.indices { bind(inputs[index], to: index) }
    for (loss, view) in zip(plan.request.losses, targets) {
      executor.bind(target: loss.output, to: view)
    }
    run(losses: targets.count, sampleWeights, seed, step)
  }

  /// Runs a plan without losses; `input` returns (N, input shape) for an index of an input.
  package func run(inputs input: (Int) -> MemoryView<Float>) {
    for index in plan.graph.inputs.indices { bind(input(index), to: index) }
    run(losses: 0, nil, 0, 0)
  }

  private func bind(_ view: MemoryView<Float>, to input: Int) {
    let expected = plan.request.batch * plan.graph[plan.graph.inputs[input]].shape.elementCount
    require(view.count == expected, "\(view.count) input numbers, \(expected) expected")
    executor.bind(input: input, to: view)
  }

  private func run(losses: Int, _ sampleWeights: MemoryView<Float>?, _ seed: UInt64, _ step: Int) {
    require(losses >= plan.request.losses.count, "a loss without targets")
    if let sampleWeights {
      require(sampleWeights.count == plan.request.batch, "a weight for each sample")
    }
    executor.bind(sampleWeights: sampleWeights ?? .empty)
    executor.bind(seed: seed, step: step)
    if plan.request.isBackward { executor.zeroGradients() }
    run(regions)
    if plan.request.isBackward { executor.zeroVanishingGradients() }
  }

  private func run(_ regions: Range<Int>) {
    // One scope for all loops, because entering a scope takes time.
    ComputeScope.run {
      guard let share else {
        for region in regions {
          pool.run(
            count: plan.regions[region].partCount, threads: threadCount, bodies[region].run)
        }
        return
      }
      for region in regions {
        share.begin(region: region)
        pool.run(
          count: share.planShare.regions[region].parts.count, threads: threadCount,
          bodies[region].run)
      }
      share.end(gradients: plan.request.isBackward ? gradients : nil)
    }
  }

  /// An output of the last run, (N, output shape); logits if ``Plan/areLogits(output:)`` and not
  /// ``Plan/Request/wantsProbabilities``.
  package func outputs(_ index: Int = 0) -> MemoryView<Float> {
    let output = plan.outputs[index]
    return view(output.probabilities ?? output.value)
  }

  /// The samples' losses for an output in the last run, (N,), times the samples' weights.
  package func losses(_ index: Int = 0) -> MemoryView<Float> {
    guard let losses = plan.outputs[index].losses else { fatalError("an output without a loss") }
    return view(losses)
  }

  /// The weighted sum over outputs of the mean losses of the last run.
  package var meanLoss: Double {
    var sum = 0.0
    for (index, output) in plan.outputs.enumerated() where output.losses != nil {
      sum += Double(output.weight) * meanLoss(index)
    }
    return sum
  }

  /// The mean loss of an output in the last run.
  package func meanLoss(_ index: Int) -> Double {
    let losses = losses(index)
    return sum(over: losses) / (plan.outputs[index].isSum ? 1 : Double(losses.count))
  }

  /// The penalties on outputs of layers in the last run, by ``Layer/activityRegularizer``.
  package var activityPenalty: Double {
    plan.penalties.reduce(0) { $0 + sum(over: view($1)) } / Double(plan.request.batch)
  }

  /// The sum over samples; lanes are summed along the ``LaneTree``.
  private func sum(over samples: MemoryView<Float>) -> Double {
    let lanes = BatchPartition.laneCount(batch: samples.count)
    return LaneTree.sum(lanes) { lane in
      var sum = 0.0
      for i in BatchPartition.part(lane, of: lanes, in: samples.indices) {
        sum += Double(samples[i])
      }
      return sum
    }
  }

  /// The gradients of the last run, in the layout of ``Weights/trainable``.
  package var gradients: MemoryView<Float> { gradientBuffer.view }

  /// The gradient of the last run with respect to an input; nil if the plan does not compute it.
  package func inputGradient(_ index: Int = 0) -> MemoryView<Float>? {
    plan.inputGradients.isEmpty ? nil : plan.inputGradients[index].map(view)
  }

  /// A value of the last run, (N, shape), if the plan keeps all values.
  package func value(_ id: ValueID) -> MemoryView<Float> {
    require(plan.request.keepsValues, "a plan that keeps no values")
    return view(plan.values[id])
  }

  private func view(_ id: StorageID) -> MemoryView<Float> {
    executor.floats(id, 0..<plan.request.batch, 0)
  }
}
