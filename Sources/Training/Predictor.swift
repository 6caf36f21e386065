public import FoundationEssentials
public import PinionData
public import PinionLayers
public import PinionTensor

/// Runs a trained network with constant weights, on any number of threads at the same time.
///
/// ```swift
/// let predictor = try Predictor(contentsOf: file)
/// // On any number of threads at once:
/// let probabilities = try predictor.predict(images)
/// ```
///
/// Values that layers compute from their parameters only are computed once, by the first call, so
/// that predicting a single sample takes less time than with
/// ``Model/predict(_:batchSize:threads:)-(Tensor,_,_)``. Batch normalizations over channels become
/// part of the kernels and biases of the dense or convolutional layers before them, and activation
/// layers part of the layers whose output they read. Each concurrent call has memory of its own,
/// which later calls reuse.
///
/// Batches of equal size give equal bits, also with concurrent calls. They have the bits of a model
/// for at least five samples if no normalization follows a dense or convolutional layer; otherwise
/// results are equal up to rounding.
public final class Predictor: Sendable {
  public let network: Network
  private let pool: ThreadPool
  private let idle = IdleCaches()
  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var prepared: Prepared?

  /// What calls run.
  private struct Prepared {
    /// The network without the layers that run as part of others.
    let network: Network
    /// The values that its layers compute from their parameters.
    let preparation: Preparation
  }

  /// A predictor with a copy of a model's weights.
  ///
  /// - Parameter threads: The number of threads that compute a call, including the caller. With
  ///   many concurrent calls, 1 gives the highest throughput. Default: 1.
  ///
  /// Throws ``TrainingError`` if the number of threads is below 1, or a layer's state invalid, such
  /// as a negative variance; `ResourceError` if the system does not provide the threads.
  public convenience init(_ model: Model, threads: Int = 1) throws {
    try self.init(model.network.copy(), threads: threads)
  }

  /// A predictor that shares a network's weights.
  ///
  /// The weights must not change while the predictor is in use, for example by training a model of
  /// the same network; see `Network.copy()`.
  ///
  /// - Parameter threads: The number of threads that compute a call, including the caller.
  ///   Default: 1.
  ///
  /// Throws ``TrainingError`` if the number of threads is below 1, or a layer's state invalid, such
  /// as a negative variance; `ResourceError` if the system does not provide the threads.
  public init(_ network: Network, threads: Int = 1) throws {
    try network.weights.requireValidState()
    pool = try ThreadPool.checked(threads: threads)
    self.network = network
  }

  /// A predictor of the network in a file of ``Model/saveWeights(to:)`` or `Network.save(to:)`.
  ///
  /// - Parameters:
  ///   - registry: The types that the configuration may contain:
  ///     `.standard.adding(MyLayer.self)` for a custom layer.
  ///   - ignoringExtra: Whether to ignore tensors that are not parameters of the network.
  ///     Default: false.
  ///   - threads: The number of threads that compute a call, including the caller. Default: 1.
  ///
  /// Throws `FileError` or `GraphError` if the file is invalid or contains unknown types.
  public convenience init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false,
    threads: Int = 1
  ) throws {
    try self.init(
      Network(contentsOf: file, registry: registry, ignoringExtra: ignoringExtra),
      threads: threads)
  }

  public var graph: Graph { network.graph }

  /// The names of the classes in the order of their indices; nil if unknown.
  public var classNames: [String]? { network.classNames }

  /// The network's output, (N, output shape), for inputs (N, input shape).
  ///
  /// A sample's bits depend on the size of its batch and on its position there, but not on the
  /// other samples or the number of threads.
  ///
  /// - Parameter batchSize: The number of samples in a batch. Default: 32.
  ///
  /// Throws ``TrainingError`` if the inputs do not match the network, or it has several inputs or
  /// outputs, `ResourceError` if the system does not provide the memory.
  public func predict(_ inputs: Tensor, batchSize: Int = Batch.defaultSize) throws -> Tensor {
    try graph.requireSingleOutput()
    return try withLoop { try $0.run(inputs, batchSize: batchSize) }
  }

  /// All outputs of the network, each (N, output shape), for all inputs, each (N, input shape).
  ///
  /// As ``predict(_:batchSize:)->Tensor``.
  public func predict(
    _ inputs: [Tensor], batchSize: Int = Batch.defaultSize
  ) throws -> [Tensor] {
    try withLoop { try $0.run(inputs, batchSize: batchSize) }
  }

  /// All outputs of the network by name, for all inputs by name.
  ///
  /// As ``predict(_:batchSize:)->Tensor``.
  public func predict(
    _ inputs: [String: Tensor], batchSize: Int = Batch.defaultSize
  ) throws -> [String: Tensor] {
    graph.named(try predict(graph.ordered(inputs), batchSize: batchSize))
  }

  /// Runs `body` on memory that no other call uses.
  private func withLoop<Result>(_ body: (PredictionLoop) throws -> Result) throws -> Result {
    let workspaces = try idle.take() ?? workspaces()
    defer { idle.put(workspaces) }
    return try body(
      PredictionLoop(
        graph: graph, workspaces: workspaces, pool: pool, hasConstantParameters: true))
  }

  /// Memory for another call. Calls wait for the first one's preparation.
  private func workspaces() throws -> WorkspaceCache {
    let shared = try lock.withLock {
      if let prepared = unsafe prepared { return prepared }
      let folded = try network.foldingNormalizations()
      let first = Prepared(
        network: folded,
        preparation: Preparation(graph: folded.graph, weights: folded.weights, pool: pool))
      unsafe prepared = first
      return first
    }
    return WorkspaceCache(shared.network, preparation: shared.preparation)
  }
}
