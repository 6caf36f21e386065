public import PinionTensor

/// The memory in which one caller runs a plan: the activations of a batch, and what each thread needs for itself.
///
/// Weights are shared with other workspaces; everything else here is the caller's own. After its creation a run allocates nothing.
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

  /// What the pool runs of a region; in a struct, since a function that an array holds as it is comes out of it in an allocated wrapping.
  private struct Body {
    let run: @Sendable (_ part: Int, _ worker: Int) -> Void
  }

  /// Memory for a plan.
  ///
  /// - Parameters:
  ///   - gradients: Where the gradients of the trainable parameters go, as long as these; made if a backward plan is given none.
  ///   - memory: Memory that serves the plan, to share with workspaces that do not run at the same time; made if none is given.
  ///   - preparation: What layers prepared from the weights, if these are frozen; else prepared by each run.
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
    require(preparation == nil || plan.request.isFrozen, "prepared once, but not frozen")
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

  /// Runs the plan.
  ///
  /// - Parameters:
  ///   - inputs: (N, input shape).
  ///   - targets: (N, target shape), if the plan has a loss.
  ///   - seed: With the step, what the layers' random numbers depend on.
  ///   - step: The number of the step, counted from 0.
  public func run(
    inputs: MemoryView<Float>, targets: MemoryView<Float>? = nil, seed: UInt64 = 0, step: Int = 0
  ) {
    let expected = plan.request.batch * plan.graph.inputShape.elementCount
    require(inputs.count == expected, "\(inputs.count) input numbers, \(expected) expected")
    require(plan.request.loss == nil || targets != nil, "a loss without targets")
    executor.aim(inputs: inputs, targets: targets ?? .empty, seed: seed, step: step)
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

  /// The outputs of the last run, (N, output shape): logits where ``Plan/outputsAreLogits``, unless
  /// ``Plan/Request/wantsProbabilities``.
  public var outputs: MemoryView<Float> { view(plan.probabilities ?? plan.outputs) }

  /// The losses of the last run, (N,).
  public var losses: MemoryView<Float> {
    guard let losses = plan.losses else { fatalError("a plan without a loss") }
    return view(losses)
  }

  /// The mean of the last run's losses, summed in order.
  public var meanLoss: Double {
    let losses = losses
    var sum = 0.0
    for i in losses.indices { sum += Double(losses[i]) }
    return sum / Double(losses.count)
  }

  /// The gradients of the last run with respect to all trainable parameters, laid out as ``Weights/trainable``.
  public var gradients: MemoryView<Float> { gradientBuffer.view }

  /// The gradient of the last run with respect to the inputs, if the plan has it.
  public var inputGradient: MemoryView<Float>? { plan.inputGradient.map(view) }

  /// The output of a node in the last run, (N, output shape), of a plan that keeps all values.
  package func value(ofNode node: Int) -> MemoryView<Float> {
    require(plan.request.keepsValues, "a plan that keeps no values")
    return view(plan.values[node + 1])
  }

  private func view(_ id: Int) -> MemoryView<Float> {
    executor.floats(id, 0..<plan.request.batch, 0)
  }
}

/// The memory of workspaces that never run at the same time: each uses as much of it as its plan needs.
package final class WorkspaceMemory: Sendable {
  let arena: AlignedBuffer
  let threads: [ThreadMemory]
  private let arenaBytes, tileBytes, scratchBytes: Int

  /// Memory for a plan on a number of threads, and for all that another memory serves.
  package init(for plan: Plan, threads threadCount: Int, and other: WorkspaceMemory? = nil) {
    arenaBytes = max(plan.arenaBytes, other?.arenaBytes ?? 0)
    let tileBytes = max(plan.tileBytes, other?.tileBytes ?? 0)
    let scratchBytes = max(plan.scratchBytes, other?.scratchBytes ?? 0)
    (self.tileBytes, self.scratchBytes) = (tileBytes, scratchBytes)
    arena = AlignedBuffer(count: (arenaBytes + 3) / 4)
    let count = max(plan.threads(of: threadCount), other?.threads.count ?? 0)
    threads = (0..<count).map { _ in
      ThreadMemory(tileBytes: tileBytes, scratchBytes: scratchBytes)
    }
  }

  /// As ``init(for:threads:and:)``; throws `ResourceError` if the system refuses as much memory as the plan needs.
  package static func checked(
    for plan: Plan, threads threadCount: Int, and other: WorkspaceMemory? = nil
  ) throws(ResourceError) -> WorkspaceMemory {
    let count = plan.threads(of: threadCount)
    try Resources.requireMemory(
      plan.arenaBytes + count * (plan.tileBytes + plan.scratchBytes),
      for: "a batch of \(plan.request.batch) samples on \(count) thread\(count == 1 ? "" : "s")")
    return WorkspaceMemory(for: plan, threads: threadCount, and: other)
  }

  /// Whether a plan finds what it needs on a number of threads.
  package func serves(_ plan: Plan, threads threadCount: Int) -> Bool {
    plan.arenaBytes <= arenaBytes && plan.tileBytes <= tileBytes
      && plan.scratchBytes <= scratchBytes && plan.threads(of: threadCount) <= threads.count
  }
}

/// What a thread needs for itself while it runs a plan.
final class ThreadMemory: Sendable {
  private let tileBuffer: AlignedBuffer
  private let scratchBuffer: AlignedBuffer

  init(tileBytes: Int, scratchBytes: Int) {
    tileBuffer = AlignedBuffer(count: (tileBytes + 3) / 4)
    scratchBuffer = AlignedBuffer(count: (scratchBytes + 3) / 4)
  }

  /// Values that live for a tile of images.
  var tile: MemoryView<UInt8> { tileBuffer.view.rebound(to: UInt8.self) }

  /// Memory of one call.
  var scratch: MemoryView<Float> { scratchBuffer.view }
}
