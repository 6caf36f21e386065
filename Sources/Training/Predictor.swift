public import FoundationEssentials
internal import PinionData
public import PinionLayers
public import PinionTensor

/// A trained network that answers many threads at once: its weights never change, and are shared; each call works in memory of its own.
///
/// ```swift
/// let predictor = try Predictor(contentsOf: file)
/// // On any number of threads at once:
/// let probabilities = try predictor.predict(images)
/// ```
///
/// What layers compute from their parameters alone is computed once, by the first call, so that one on one image takes less time
/// than ``Model/predict(_:batchSize:threads:)-tensor``. Its memory is what the largest call needs, for as many calls as were
/// under way at once. The results are the same bits whoever calls, alone or among others, for batches of the same size, and
/// those of a model for batches of five samples or more. Otherwise they differ by roundings.
public final class Predictor: Sendable {
  /// The layers and their connections.
  public let graph: Graph
  /// What the classes are called, in the order of their numbers, if the model knows.
  public let classNames: [String]?
  private let weights: Weights
  private let preparation = PreparationOnce()
  private let pool: ThreadPool
  private let idle: IdleCaches

  /// A predictor with a copy of a model's weights; training the model further does not change it.
  ///
  /// - Parameters:
  ///   - threads: How many threads compute a call, the caller's included. Where many call at once, one each serves
  ///     the most. Default: 1.
  ///
  /// Throws ``TrainingError`` if the number of threads makes no sense, `ResourceError` if the system does not grant them.
  public convenience init(_ model: Model, threads: Int = 1) throws {
    try self.init(
      model, weights: Weights(copying: model.weights), threads: threads)
  }

  /// A predictor of a model's network with weights that nobody else changes.
  private init(_ model: Model, weights: Weights, threads: Int) throws {
    pool = try ThreadPool.checked(threads: threads)
    graph = model.graph
    classNames = model.classNames
    self.weights = weights
    idle = IdleCaches()
  }

  /// The network that a file written by ``Model/saveWeights(to:)`` holds.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - registry: The types that its configuration may name: `.standard.adding(MyLayer.self)` for one of yours.
  ///   - ignoringExtra: Whether tensors that are none of the network's parameters are left aside. Default: no.
  ///   - threads: How many threads compute a call. Default: the caller alone.
  ///
  /// Throws `FileError` or `GraphError` if the file is broken or names unknown types.
  public convenience init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false,
    threads: Int = 1
  ) throws {
    // The model is nobody's, and so are its weights: no copy.
    let model = try Model(
      contentsOf: file, registry: registry, ignoringExtra: ignoringExtra, threads: 1)
    try self.init(model, weights: model.weights, threads: threads)
  }

  /// The network's outputs, (N, output shape), for inputs (N, input shape).
  ///
  /// A sample's bits depend on the number of samples in its batch and on its place there, not on the others or on the threads.
  ///
  /// - Parameters:
  ///   - batchSize: Samples at a time. Default: 100.
  ///
  /// Throws ``TrainingError`` if the inputs do not go into the network, `ResourceError` if the system refuses the memory.
  public func predict(_ inputs: Tensor, batchSize: Int = 100) throws -> Tensor {
    guard inputs.rank > 0, inputs.shape.dropFirst().elementsEqual(graph.inputShape) else {
      throw TrainingError.batchShape(expected: graph.inputShape, found: inputs.shape)
    }
    guard batchSize > 0 else {
      throw TrainingError.argument("batch size", expected: "1 or more", found: "\(batchSize)")
    }
    let (count, size) = (inputs.shape[0], graph.outputShape.elementCount)
    let width = graph.inputShape.elementCount
    var outputs = Tensor.zeros(graph.outputShape.prepending(count))
    try outputs.mutate { outputs in
      try inputs.read { inputs in
        for first in stride(from: 0, to: count, by: batchSize) {
          let last = first + min(batchSize, count - first)
          try run(
            inputs[first * width..<last * width], count: last - first,
            into: outputs[first * size..<last * size])
        }
      }
    }
    return outputs
  }

  private func run(
    _ inputs: MemoryView<Float>, count: Int, into outputs: MemoryView<Float>
  ) throws {
    let cache =
      idle.take()
      ?? WorkspaceCache(
        graph: graph, weights: weights,
        preparation: preparation.get { Preparation(graph: graph, weights: weights, pool: pool) })
    defer { idle.put(cache) }
    let workspace = try cache.workspace(.init(batch: count, isFrozen: true), pool: pool)
    workspace.run(inputs: inputs)
    outputs.copy(from: workspace.outputs)
  }
}

/// What layers prepare, made when it is first asked for: it may be larger than the file that the weights came from.
private final class PreparationOnce: Sendable {
  private let lock = Lock()
  /// Guarded by `lock`.
  nonisolated(unsafe) private var made: Preparation?

  func get(_ make: () -> Preparation) -> Preparation {
    lock.withLock {
      if let made { return made }
      let preparation = make()
      made = preparation
      return preparation
    }
  }
}
