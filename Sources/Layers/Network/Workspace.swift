public import PinionTensor

/// The memory in which one caller runs a plan: the activations of a batch, and what each thread
/// needs for itself.
///
/// Weights are shared with other workspaces; everything else here is the caller's own. After its
/// creation a run allocates nothing.
public final class Workspace {
  /// What is run.
  public let plan: Plan
  private let weights: Weights
  private let pool: ThreadPool
  package let memory: WorkspaceMemory
  /// The threads that may run it: those that the memory has room for.
  private let threadCount: Int
  private let gradientBuffer: AlignedBuffer
  private let executor: Executor
  private let preparation: Preparation
  /// The regions of a run: without those that prepare, if that was done before.
  private let regions: Range<Int>
  private let bodies: [Body]

  /// What the pool runs of a region; in a struct, since a function that an array holds as it is
  /// comes out of it in an allocated wrapping.
  private struct Body {
    let run: @Sendable (_ part: Int, _ worker: Int) -> Void
  }

  /// Memory for a plan.
  ///
  /// - Parameters:
  ///   - gradients: Where the gradients of the trainable parameters go, as long as these; made if a
  ///     backward plan is given none.
  ///   - memory: Memory that serves the plan, to share with workspaces that do not run at the same
  ///     time; made if none is given.
  ///   - preparation: What layers prepared from the weights, if these are frozen; else prepared by
  ///     each run.
  package init(
    plan: Plan, weights: Weights, pool: ThreadPool, gradients: AlignedBuffer? = nil,
    memory: WorkspaceMemory? = nil, preparation: Preparation? = nil
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
      threads: Array(memory.threads.prefix(threadCount)))
    self.executor = executor
    bodies = plan.regions.indices.map { region in
      Body { part, worker in executor.run(region: region, part: part, worker: worker) }
    }
  }

  /// Runs a plan of one input and at most one loss.
  ///
  /// - Parameters:
  ///   - inputs: (N, input shape).
  ///   - targets: (N, target shape), if the plan has a loss.
  ///   - sampleWeights: (N,), what the losses of the samples are multiplied with. Default: 1.
  ///   - seed: With the step, what the layers' random numbers depend on.
  ///   - step: The number of the step, counted from 0.
  public func run(
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
  ///   - inputs: For each of the graph's inputs (N, input shape).
  ///   - targets: For each of the plan's losses, in their order, (N, target shape).
  ///   - sampleWeights: (N,), what the losses of the samples are multiplied with. Default: 1.
  ///   - seed: With the step, what the layers' random numbers depend on.
  ///   - step: The number of the step, counted from 0.
  public func run(
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

  /// Runs a plan without losses; `input` returns (N, input shape) for each of the graph's inputs.
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
    // One scope around all loops, which then find theirs open.
    ComputeScope.run {
      for region in regions {
        pool.run(
          count: plan.regions[region].partCount, threads: threadCount, bodies[region].run)
      }
    }
  }

  /// An output of the last run, (N, output shape): logits where ``Plan/areLogits(output:)``, unless
  /// ``Plan/Request/wantsProbabilities``.
  public func outputs(_ index: Int = 0) -> MemoryView<Float> {
    let output = plan.outputs[index]
    return view(output.probabilities ?? output.value)
  }

  /// The losses of an output in the last run, (N,), multiplied with the samples' weights.
  public func losses(_ index: Int = 0) -> MemoryView<Float> {
    guard let losses = plan.outputs[index].losses else { fatalError("an output without a loss") }
    return view(losses)
  }

  /// The sum over outputs of the mean losses of the last run, each multiplied with its weight.
  public var meanLoss: Double {
    var sum = 0.0
    for (index, output) in plan.outputs.enumerated() where output.losses != nil {
      sum += Double(output.weight) * meanLoss(index)
    }
    return sum
  }

  /// The mean of an output's losses in the last run: of sums over the lanes of the batch, added
  /// along the ``LaneTree``.
  public func meanLoss(_ index: Int) -> Double {
    let losses = losses(index)
    let lanes = BatchPartition.laneCount(batch: losses.count)
    return LaneTree.sum(lanes) { lane in
      var sum = 0.0
      for i in BatchPartition.part(lane, of: lanes, in: losses.indices) { sum += Double(losses[i]) }
      return sum
    } / (plan.outputs[index].isSum ? 1 : Double(losses.count))
  }

  /// The gradients of the last run with respect to all trainable parameters, laid out as
  /// ``Weights/trainable``.
  public var gradients: MemoryView<Float> { gradientBuffer.view }

  /// The gradient of the last run with respect to an input, if the plan has it.
  public func inputGradient(_ index: Int = 0) -> MemoryView<Float>? {
    plan.inputGradients.isEmpty ? nil : plan.inputGradients[index].map(view)
  }

  /// A value in the last run, (N, shape), of a plan that keeps all values.
  package func value(_ id: ValueID) -> MemoryView<Float> {
    require(plan.request.keepsValues, "a plan that keeps no values")
    return view(plan.values[id])
  }

  private func view(_ id: StorageID) -> MemoryView<Float> {
    executor.floats(id, 0..<plan.request.batch, 0)
  }
}
