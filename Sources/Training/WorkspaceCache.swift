internal import PinionLayers
internal import PinionTensor

/// A cache of one caller's workspaces: for full and partial batches, for training and predictions.
/// All share one memory.
final class WorkspaceCache {
  private struct Key: Hashable {
    let isTraining, hasLoss, isBackward, wantsProbabilities, keepsValues: Bool
    let batch, threads, ranks: Int
  }

  /// The largest number of workspaces. Without their memory they are small, and building a plan
  /// takes longer than running a small batch.
  private static let limit = 64
  /// Estimate of the size of a workspace and its plan, for each layer.
  private static let bytesPerLayer = 3_072
  /// What workspaces may take however small their memory is.
  private static let freeBytes = 1 << 17

  private let graph: Graph
  private let weights: Weights
  /// The preparation of constant weights, if any.
  private let preparation: Preparation?
  private var memory: WorkspaceMemory?
  private var entries: [(key: Key, workspace: Workspace)] = []
  private var gradients: AlignedBuffer?
  private var pools: [Int: ThreadPool] = [:]

  init(_ network: Network, preparation: Preparation? = nil) {
    graph = network.graph
    weights = network.weights
    self.preparation = preparation
  }

  /// A pool with this number of threads, for predictions on other threads than training's.
  func pool(threads: Int) throws -> ThreadPool {
    if let pool = pools[threads] { return pool }
    let pool = try ThreadPool.checked(threads: threads)
    pools[threads] = pool
    return pool
  }

  /// Removes the workspaces that exchange messages with other ranks.
  func forgetRanks() { entries.removeAll { $0.key.ranks > 1 } }

  /// A workspace for a request, on the threads of a pool. Its results are valid until another one
  /// runs.
  ///
  /// - Parameter ranks: The ranks that share the batch, if any.
  ///
  /// Throws `ResourceError` if the system does not provide the memory.
  func workspace(
    _ request: Plan.Request, pool: ThreadPool, ranks: RankGroup? = nil
  ) throws -> Workspace {
    let key = Key(
      isTraining: request.mode == .training, hasLoss: !request.losses.isEmpty,
      isBackward: request.isBackward, wantsProbabilities: request.wantsProbabilities,
      keepsValues: request.keepsValues, batch: request.batch, threads: pool.threadCount,
      ranks: ranks?.count ?? 1)
    if let index = entries.lastIndex(where: { $0.key == key }) {
      // In the order of last use; the first is removed first.
      if index + 1 < entries.count { entries.append(entries.remove(at: index)) }
      return entries[entries.count - 1].workspace
    }
    let plan = Plan(graph: graph, request: request)
    if memory?.serves(plan, threads: pool.threadCount) != true {
      // They have references to the smaller memory.
      entries.removeAll()
      memory = try WorkspaceMemory.checked(for: plan, threads: pool.threadCount, and: memory)
    }
    if request.isBackward, gradients == nil {
      gradients = AlignedBuffer(count: weights.trainable.count)
    }
    let workspace = Workspace(
      plan: plan, weights: weights, pool: pool, gradients: gradients, memory: memory,
      preparation: preparation, ranks: ranks)
    if entries.count >= limit { entries.removeFirst(entries.count - limit + 1) }
    entries.append((key, workspace))
    return workspace
  }

  /// As many workspaces as take a quarter of the bytes of their memory; at least those for full and
  /// partial batches, with training twice.
  private var limit: Int {
    let bytes = max((memory?.bytes ?? 0) / 4, Self.freeBytes)
    let count = bytes / (Self.bytesPerLayer * (graph.layers.count + 1))
    return min(max(count, preparation == nil ? 4 : 2), Self.limit)
  }
}

/// The caches of completed calls, which later calls reuse.
final class IdleCaches: Sendable {
  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var caches: [WorkspaceCache] = []

  init() { unsafe caches.reserveCapacity(64) }

  /// Takes the cache that was used last, whose memory is likely in the CPU's cache.
  func take() -> WorkspaceCache? { lock.withLock { unsafe caches.popLast() } }

  /// Returns a cache for reuse.
  func put(_ cache: WorkspaceCache) { lock.withLock { unsafe caches.append(cache) } }
}

extension ThreadPool {
  /// A pool of exactly `threads` threads, with the address space that OpenBLAS needs for them.
  ///
  /// Throws ``TrainingError`` or `ResourceError` if the number is outside its range or the system
  /// does not provide the threads.
  static func checked(threads: Int) throws -> ThreadPool {
    guard (1...threadLimit).contains(threads) else {
      throw TrainingError.argument(
        "threads", expected: "1 to \(threadLimit)", found: "\(threads)")
    }
    try Resources.requireAddressSpace(threads: threads)
    let pool = ThreadPool(threads: threads)
    guard pool.threadCount == threads else {
      throw ResourceError(
        purpose: "a pool of threads", needed: "\(threads) threads",
        found: "the system grants \(pool.threadCount) (a limit of processes, or of memory)")
    }
    return pool
  }
}
