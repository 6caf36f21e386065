package import PinionTensor

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
