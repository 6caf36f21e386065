internal import PinionLayers
internal import PinionTensor

/// The workspaces that one caller has made, to be used again: for full batches and for partial
/// ones, for training and for predictions. All share one memory, as large as the largest needs.
final class WorkspaceCache {
  private struct Key: Hashable {
    let isTraining, hasLoss, isBackward, wantsProbabilities, keepsValues: Bool
    let batch, threads: Int
  }

  /// The most workspaces that are kept. Without their memory they are small, and their plans take
  /// longer to make than a small batch to run.
  private static let limit = 64

  private let graph: Graph
  private let weights: Weights
  /// What was prepared of weights that never change.
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

  /// A pool of so many threads, for predictions on other threads than training's.
  func pool(threads: Int) throws -> ThreadPool {
    if let pool = pools[threads] { return pool }
    let pool = try ThreadPool.checked(threads: threads)
    pools[threads] = pool
    return pool
  }

  /// A workspace for a request, on the threads of a pool. Its results are valid until another one
  /// runs.
  ///
  /// Throws `ResourceError` if the system refuses the memory.
  func workspace(_ request: Plan.Request, pool: ThreadPool) throws -> Workspace {
    let key = Key(
      isTraining: request.mode == .training, hasLoss: !request.losses.isEmpty,
      isBackward: request.isBackward, wantsProbabilities: request.wantsProbabilities,
      keepsValues: request.keepsValues, batch: request.batch, threads: pool.threadCount)
    if let index = entries.lastIndex(where: { $0.key == key }) {
      // The one that was not used for longest comes first, and goes first.
      if index + 1 < entries.count { entries.append(entries.remove(at: index)) }
      return entries[entries.count - 1].workspace
    }
    let plan = Plan(graph: graph, request: request)
    if memory?.serves(plan, threads: pool.threadCount) != true {
      // The others would keep the smaller memory alive.
      entries.removeAll()
      memory = try WorkspaceMemory.checked(for: plan, threads: pool.threadCount, and: memory)
    }
    if request.isBackward, gradients == nil {
      gradients = AlignedBuffer(count: weights.trainable.count)
    }
    let workspace = Workspace(
      plan: plan, weights: weights, pool: pool, gradients: gradients, memory: memory,
      preparation: preparation)
    if entries.count == Self.limit { entries.removeFirst() }
    entries.append((key, workspace))
    return workspace
  }
}

/// The workspaces of calls that have ended, to be taken by the next; as many caches as calls were
/// under way at once.
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
