public import PinionData
internal import PinionLayers
public import PinionTensor

extension Model {
  /// The network's output for a data set, (N, output shape).
  ///
  /// A sample's bits depend on the size of its batch (the last one may be smaller) and on its
  /// position there, but not on the other samples or the number of threads.
  ///
  /// - Parameters:
  ///   - dataset: The samples; targets are not used.
  ///   - batchSize: The number of samples in a batch. Default: 32.
  ///   - threads: The number of threads, including the caller. Default: 1.
  ///
  /// Throws ``TrainingError`` if the samples do not match the network, their classes have other
  /// indices than the model's, the network has several outputs, or the state of a layer is invalid,
  /// such as a negative variance; `ResourceError` if the system does not provide the threads or the
  /// memory.
  public func predict(
    _ dataset: some Dataset, batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> Tensor {
    try graph.requireSingleOutput()
    return try predictAll(dataset, batchSize: batchSize, threads: threads)[0]
  }

  /// All outputs of the network for a data set, each (N, output shape).
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``.
  public func predictAll(
    _ dataset: some Dataset, batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> [Tensor] {
    try checkInputs(of: dataset)
    try checkClasses(of: dataset, "predicted", against: classNames)
    let loop = try predictionLoop(threads: threads)
    let loader = try BatchLoader(dataset, batchSize: batchSize, pool: loop.pool)
    try loader.startEpoch()
    return try loop.run(loader, count: dataset.count)
  }

  /// The network's output, (N, output shape), for inputs (N, input shape).
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``. Throws ``TrainingError`` if the inputs do
  /// not match the network, or it has several inputs or outputs.
  public func predict(
    _ inputs: Tensor, batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> Tensor {
    try graph.requireSingleOutput()
    return try predictionLoop(threads: threads).run(inputs, batchSize: batchSize)
  }

  /// All outputs of the network, each (N, output shape), for all inputs, each (N, input shape).
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``. Throws ``TrainingError`` if the inputs do
  /// not match the network.
  public func predict(
    _ inputs: [Tensor], batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> [Tensor] {
    try predictionLoop(threads: threads).run(inputs, batchSize: batchSize)
  }

  /// All outputs of the network by name, for all inputs by name.
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``. Throws ``TrainingError`` if the inputs do
  /// not match the network.
  public func predict(
    _ inputs: [String: Tensor], batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> [String: Tensor] {
    graph.named(
      try predict(graph.ordered(inputs), batchSize: batchSize, threads: threads))
  }

  private func predictionLoop(threads: Int) throws -> PredictionLoop {
    try weights.requireValidState()
    return PredictionLoop(
      graph: graph, workspaces: workspaces,
      pool: threads == pool.threadCount ? pool : try workspaces.pool(threads: threads))
  }

  /// A table of how the network runs on batches of a size: for each layer the algorithm, where its
  /// output lies (`tile`: in a thread's cache, `batch`: in memory for all samples, `in place` of
  /// the input, or a `view` of it), the regions that run it, the bytes stored for each sample until
  /// the batch is done, and the operations of its matrix products in the forward pass. Neighboring
  /// layers in one region run on a tile of samples while it is in cache; between regions all
  /// threads wait for each other.
  ///
  /// - Parameters:
  ///   - batchSize: Default: that of `fit`.
  ///   - training: Whether the table is of a training step, not of a prediction. Default: true.
  /// - Throws: `ArgumentError` if `batchSize` is not between 1 and 1,000,000.
  public func explain(batchSize: Int = Batch.defaultSize, training: Bool = true) throws -> String {
    guard (1...1_000_000).contains(batchSize) else {
      throw ArgumentError(
        place: "the batch size", expected: "a number from 1 to 1000000", found: "\(batchSize)")
    }
    let request =
      training
      ? request(mode: .training, batch: batchSize, isBackward: true)
      : Plan.Request(batch: batchSize)
    return Plan(graph: graph, request: request).table
  }
}
