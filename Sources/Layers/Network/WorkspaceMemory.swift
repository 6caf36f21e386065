package import PinionTensor

/// Memory shared by workspaces that do not run at the same time.
package final class WorkspaceMemory: Sendable {
  let arena: AlignedBuffer
  let threads: [ThreadMemory]
  private let arenaBytes, tileBytes, scratchBytes: Int

  package var bytes: Int { arenaBytes + threads.count * (tileBytes + scratchBytes) }

  /// Memory for a plan on a number of threads, and for all plans that `other` serves.
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

  /// As ``init(for:threads:and:)``; throws `ResourceError` if the system does not have the memory.
  package static func checked(
    for plan: Plan, threads threadCount: Int, and other: WorkspaceMemory? = nil
  ) throws(ResourceError) -> WorkspaceMemory {
    let count = plan.threads(of: threadCount)
    try Resources.requireMemory(
      plan.arenaBytes + count * (plan.tileBytes + plan.scratchBytes),
      for: "a batch of \(plan.request.batch) samples on \(count) thread\(count == 1 ? "" : "s")")
    return WorkspaceMemory(for: plan, threads: threadCount, and: other)
  }

  /// Whether the memory suffices for a plan on a number of threads.
  package func serves(_ plan: Plan, threads threadCount: Int) -> Bool {
    plan.arenaBytes <= arenaBytes && plan.tileBytes <= tileBytes
      && plan.scratchBytes <= scratchBytes && plan.threads(of: threadCount) <= threads.count
  }
}

/// The memory of one thread.
final class ThreadMemory: Sendable {
  private let tileBuffer: AlignedBuffer
  private let scratchBuffer: AlignedBuffer

  init(tileBytes: Int, scratchBytes: Int) {
    tileBuffer = AlignedBuffer(count: (tileBytes + 3) / 4)
    scratchBuffer = AlignedBuffer(count: (scratchBytes + 3) / 4)
  }

  /// Values of one tile of samples.
  var tile: MemoryView<UInt8> { tileBuffer.view.rebound(to: UInt8.self) }

  /// Memory of one call.
  var scratch: MemoryView<UInt8> { scratchBuffer.view.rebound(to: UInt8.self) }
}

/// Memory that the layers of a network compute from constant parameters by
/// ``LayerProgram/prepare(_:)``, shared by any number of workspaces.
package final class Preparation: Sendable {
  private let buffer: AlignedBuffer
  let bytes: Int

  init(bytes: Int) {
    self.bytes = bytes
    buffer = AlignedBuffer(count: (bytes + 3) / 4)
  }

  /// Computes the memory for predictions with the current weights. Changing the weights requires a
  /// new preparation.
  package convenience init(graph: Graph, weights: Weights, pool: ThreadPool) {
    let plan = Plan(graph: graph, request: .init(batch: 1, hasConstantParameters: true))
    self.init(bytes: plan.preparedBytes)
    guard let index = plan.preparations.first else { return }
    // Without a workspace, which would allocate activations, of a size that a file determines.
    let threads = (0..<pool.threadCount).map { _ in
      ThreadMemory(tileBytes: 0, scratchBytes: plan.scratchBytes)
    }
    let executor = Executor(
      plan: plan.preparing, weights: weights, gradients: .empty, arena: .empty, prepared: view,
      threads: threads)
    pool.run(count: plan.regions[index].partCount) { part, worker in
      executor.run(region: 0, part: part, worker: worker)
    }
  }

  var view: MemoryView<UInt8> { buffer.view.rebound(to: UInt8.self)[0..<bytes] }
}
