public import PinionTensor

/// What the layers of a network prepare from parameters that never change, for any number of workspaces to read.
public final class Preparation: Sendable {
  private let buffer: AlignedBuffer
  let bytes: Int

  init(bytes: Int) {
    self.bytes = bytes
    buffer = AlignedBuffer(count: (bytes + 3) / 4)
  }

  /// Prepares for predictions with the weights as they are; whoever changes them then prepares anew.
  public convenience init(graph: Graph, weights: Weights, pool: ThreadPool) {
    let plan = Plan(graph: graph, request: .init(batch: 1, isFrozen: true))
    self.init(bytes: plan.preparedBytes)
    guard let region = plan.preparations.first.map({ plan.regions[$0] }) else { return }
    // Without a workspace: memory for activations is a call's affair, and a file may name shapes that no memory holds.
    let threads = (0..<pool.threadCount).map { _ in
      ThreadMemory(tileBytes: 0, scratchBytes: plan.scratchBytes)
    }
    let entries = weights.entries(byLayerOf: graph)
    let prepared = view
    pool.run(count: region.operations.count) { index, worker in
      let operation = region.operations[index]
      guard let id = operation.prepared else { return }
      let storage = plan.storages[id]
      let context = LayerContext(
        pass: plan.passes[operation.node],
        parameters: entries[operation.node].map(weights.view(of:)))
      context.images = 0..<1
      let scratch = plan.executions[operation.node].scratchFloats
      context.scratch = threads[worker].scratch[0..<scratch]
      context.prepared = prepared[storage.offset..<storage.offset + storage.sharedBytes]
        .rebound(to: Float.self)
      plan.layers[operation.node].prepare(context)
    }
  }

  var view: MemoryView<UInt8> { buffer.view.rebound(to: UInt8.self)[0..<bytes] }
}
