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
    Workspace(plan: plan, weights: weights, pool: pool, preparation: self).prepare()
  }

  var view: MemoryView<UInt8> { buffer.view.rebound(to: UInt8.self)[0..<bytes] }
}
