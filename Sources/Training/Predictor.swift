public import FoundationEssentials
public import PinionData
public import PinionLayers
public import PinionTensor

/// A trained network that answers many threads at once: its weights never change, and are shared;
/// each call works in memory of its own.
///
/// ```swift
/// let predictor = try Predictor(contentsOf: file)
/// // On any number of threads at once:
/// let probabilities = try predictor.predict(images)
/// ```
///
/// What layers compute from their parameters alone is computed once, by the first call, so that a
/// call on one sample takes less time than ``Model/predict(_:batchSize:threads:)-(Tensor,_,_)``.
/// Its memory is what the largest call needs, for as many calls as were under way at once. The
/// results are the same bits whoever calls, alone or among others, for batches of the same size,
/// and those of a model for batches of five samples or more. Otherwise they differ by roundings.
public final class Predictor: Sendable {
  /// The graph, the weights and the names of the classes.
  public let network: Network
  private let pool: ThreadPool
  private let idle = IdleCaches()
  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var preparation: Preparation?

  /// A predictor with a copy of a model's weights; training the model further does not change it.
  ///
  /// - Parameters:
  ///   - threads: How many threads compute a call, the caller's included. Where many call at once,
  ///     one each serves the most. Default: 1.
  ///
  /// Throws ``TrainingError`` if the number of threads is below 1, `ResourceError` if the system
  /// does not grant them.
  public convenience init(_ model: Model, threads: Int = 1) throws {
    try self.init(model.network.copy(), threads: threads)
  }

  /// A predictor of a network, whose weights it shares. Nothing may change them as long as the
  /// predictor is in use, such as the training of a model of the same network; see
  /// `Network.copy()`.
  ///
  /// - Parameter threads: How many threads compute a call. Default: the caller alone.
  ///
  /// Throws ``TrainingError`` if the number of threads is below 1, `ResourceError` if the system
  /// does not grant them.
  public init(_ network: Network, threads: Int = 1) throws {
    pool = try ThreadPool.checked(threads: threads)
    self.network = network
  }

  /// The network that a file written by ``Model/saveWeights(to:)`` or `Network.save(to:)` holds.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - registry: The types that its configuration may name: `.standard.adding(MyLayer.self)` for
  ///     one of yours.
  ///   - ignoringExtra: Whether tensors that are no parameters of the network are ignored.
  ///   - threads: How many threads compute a call. Default: the caller alone.
  ///
  /// Throws `FileError` or `GraphError` if the file is broken or names unknown types.
  public convenience init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false,
    threads: Int = 1
  ) throws {
    try self.init(
      Network(contentsOf: file, registry: registry, ignoringExtra: ignoringExtra),
      threads: threads)
  }

  /// The layers and their connections.
  public var graph: Graph { network.graph }

  /// The names of the classes in the order of their indices, if the network knows them.
  public var classNames: [String]? { network.classNames }

  /// The network's output, (N, output shape), for inputs (N, input shape).
  ///
  /// A sample's bits depend on the number of samples in its batch and on its place there, not on
  /// the others or on the threads.
  ///
  /// - Parameters:
  ///   - batchSize: Samples at a time. Default: 32.
  ///
  /// Throws ``TrainingError`` if the inputs do not go into the network, or it has several inputs or
  /// outputs, `ResourceError` if the system refuses the memory.
  public func predict(_ inputs: Tensor, batchSize: Int = Batch.defaultSize) throws -> Tensor {
    try graph.requireSingleOutput()
    return try withLoop { try $0.run(inputs, batchSize: batchSize) }
  }

  /// Each of the network's outputs, (N, output shape), for its inputs, (N, input shape), both in
  /// the order of the graph's.
  ///
  /// As ``predict(_:batchSize:)->Tensor``.
  public func predict(
    _ inputs: [Tensor], batchSize: Int = Batch.defaultSize
  ) throws -> [Tensor] {
    try withLoop { try $0.run(inputs, batchSize: batchSize) }
  }

  /// Each of the network's outputs by its name, for its inputs by theirs.
  ///
  /// As ``predict(_:batchSize:)->Tensor``.
  public func predict(
    _ inputs: [String: Tensor], batchSize: Int = Batch.defaultSize
  ) throws -> [String: Tensor] {
    graph.named(try predict(graph.ordered(inputs), batchSize: batchSize))
  }

  /// Runs `body` on memory of its own.
  private func withLoop<Result>(_ body: (PredictionLoop) throws -> Result) throws -> Result {
    let workspaces = idle.take() ?? WorkspaceCache(network, preparation: prepared())
    defer { idle.put(workspaces) }
    return try body(
      PredictionLoop(
        graph: graph, workspaces: workspaces, pool: pool, hasConstantParameters: true))
  }

  /// What layers compute from their parameters; a first call has the others wait.
  private func prepared() -> Preparation {
    lock.withLock {
      let preparation =
        preparation
        ?? Preparation(graph: network.graph, weights: network.weights, pool: pool)
      self.preparation = preparation
      return preparation
    }
  }
}
