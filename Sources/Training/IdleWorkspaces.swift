internal import PinionLayers
internal import PinionTensor

/// Workspaces that no call uses at the moment, to be taken by the next.
final class IdleWorkspaces: Sendable {
  /// Workspaces kept at most; a caller that varies the batch at will would else fill the memory.
  private static let limit = 64

  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var workspaces: [Workspace] = []

  init() { workspaces.reserveCapacity(Self.limit) }

  /// One for a size of batch, if there is one: the one that was used last, whose memory is likely in cache.
  func take(batch: Int) -> Workspace? {
    lock.withLock {
      workspaces.lastIndex { $0.plan.request.batch == batch }.map { workspaces.remove(at: $0) }
    }
  }

  /// Gives one back.
  func put(_ workspace: Workspace) {
    lock.withLock {
      if workspaces.count == Self.limit { workspaces.removeFirst() }
      workspaces.append(workspace)
    }
  }
}
