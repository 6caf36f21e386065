internal import PinionTensor

/// The workspaces of calls that have ended, to be taken by the next; as many caches as calls were under way at once.
final class IdleCaches: Sendable {
  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var caches: [WorkspaceCache] = []

  init() { caches.reserveCapacity(64) }

  /// The one that was used last, whose memory is likely in cache.
  func take() -> WorkspaceCache? { lock.withLock { caches.popLast() } }

  /// Gives one back.
  func put(_ cache: WorkspaceCache) { lock.withLock { caches.append(cache) } }
}
