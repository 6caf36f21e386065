internal import PinionLayers
internal import PinionTensor

/// The workspaces and pools that a model has made, to be used again: for full batches and for partial ones, for training and for
/// predictions.
final class WorkspaceCache {
  private struct Key: Hashable {
    let isTraining, hasLoss, isBackward, wantsProbabilities, keepsValues: Bool
    let batch, threads: Int
  }

  /// Workspaces kept at most; a caller that varies the batch at will would else fill the memory.
  private static let limit = 8

  private let graph: Graph
  private let weights: Weights
  private var entries: [(key: Key, workspace: Workspace)] = []
  private var gradients: AlignedBuffer?
  private var pools: [Int: ThreadPool] = [:]

  init(graph: Graph, weights: Weights) {
    self.graph = graph
    self.weights = weights
  }

  /// A pool of so many threads, for predictions on other threads than training's.
  func pool(threads: Int) -> ThreadPool {
    if let pool = pools[threads] { return pool }
    let pool = ThreadPool(threads: threads)
    pools[threads] = pool
    return pool
  }

  /// A workspace for a request, on the threads of a pool. It may share memory with the others: its results are valid until another one runs.
  func workspace(_ request: Plan.Request, pool: ThreadPool) -> Workspace {
    let key = Key(
      isTraining: request.mode == .training, hasLoss: request.loss != nil,
      isBackward: request.isBackward, wantsProbabilities: request.wantsProbabilities,
      keepsValues: request.keepsValues, batch: request.batch, threads: pool.threadCount)
    if let index = entries.firstIndex(where: { $0.key == key }) {
      // The one that was not used for longest comes first, and goes first.
      if index + 1 < entries.count { entries.append(entries.remove(at: index)) }
      return entries[entries.count - 1].workspace
    }
    if request.isBackward, gradients == nil {
      gradients = AlignedBuffer(count: weights.trainable.count)
    }
    let largest = entries.max { $0.workspace.plan.arenaBytes < $1.workspace.plan.arenaBytes }
    let workspace = Workspace(
      plan: Plan(graph: graph, request: request), weights: weights, pool: pool,
      gradients: gradients, sharing: largest?.workspace)
    if entries.count == Self.limit { entries.removeFirst() }
    entries.append((key, workspace))
    return workspace
  }
}
