internal import PinionTensor

/// The exchanges of one rank while it runs its part of a plan. Runs do not allocate.
final class WorkspaceShare {
  let planShare: PlanShare
  private let group: RankGroup
  private let executor: Executor
  /// Memory for messages, which grows if targets need more.
  private var scratch: AlignedBuffer
  /// The memory of the exchange under way.
  private var memory: [GatheredMemory] = []

  init(_ planShare: PlanShare, group: RankGroup, executor: Executor, gradients: Int) {
    self.planShare = planShare
    self.group = group
    self.executor = executor
    scratch = AlignedBuffer(count: (gradients + 1) / 2)
    memory.reserveCapacity(
      (planShare.regions.map(\.gathered.count) + [planShare.results.count]).max() ?? 0)
  }

  /// Exchanges what a region reads, and clears the gradients of which it computes a part.
  func begin(region index: Int) {
    let region = planShare.regions[index]
    gather(region.gathered)
    for range in region.cleared { executor.clearGradients(range) }
  }

  /// Sums the gradients and exchanges the results of all samples.
  func end(gradients: MemoryView<Float>?) {
    if let gradients {
      if planShare.index > 0 {
        for range in planShare.replicated { executor.clearGradients(range) }
      }
      group.sum(gradients, scratch: scratch.view)
    }
    gather(planShare.results)
  }

  /// Exchanges the inputs of all samples.
  func gatherInputs() {
    let plan = executor.plan
    gather(
      plan.storages.indices.map { StorageID(index: $0) }.filter {
        if case .input = plan.storages[$0].home { true } else { false }
      })
  }

  private func gather(_ ids: [StorageID]) {
    guard !ids.isEmpty else { return }
    memory.removeAll(keepingCapacity: true)
    var bytes = 0
    for id in ids {
      let part = executor.gathered(id)
      guard part.byteCount > 0 else { continue }
      memory.append(part)
      bytes += part.byteCount
    }
    let count = (bytes + 3) / 4
    if count > scratch.count { scratch = AlignedBuffer(count: count) }
    group.gather(memory, scratch: scratch.view.rebound(to: UInt8.self))
  }
}

extension Executor {
  /// The memory of which each rank computes a part.
  func gathered(_ id: StorageID) -> GatheredMemory {
    let storage = plan.storages[id]
    guard storage.laneCount > 0 else {
      let view = bytes(id, 0..<plan.request.batch, 0)
      return GatheredMemory(view, units: plan.request.batch)
    }
    return GatheredMemory(shared(id, threads[0]), units: storage.laneCount)
  }

  /// Sets gradients to −0, which added to any number gives that number.
  func clearGradients(_ range: Range<Int>) { gradients[range].fill(-0.0) }
}
