public import PinionTensor

/// What the layers of a network prepare from parameters that never change, for any number of
/// workspaces to read.
public final class Preparation: Sendable {
  private let buffer: AlignedBuffer
  let bytes: Int

  init(bytes: Int) {
    self.bytes = bytes
    buffer = AlignedBuffer(count: (bytes + 3) / 4)
  }

  /// Prepares for predictions with the weights as they are; whoever changes them then prepares
  /// anew.
  public convenience init(graph: Graph, weights: Weights, pool: ThreadPool) {
    let plan = Plan(graph: graph, request: .init(batch: 1, hasConstantParameters: true))
    self.init(bytes: plan.preparedBytes)
    guard let index = plan.preparations.first else { return }
    // Without a workspace: memory for activations is a call's affair, and a file may name shapes
    // that no memory holds.
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
