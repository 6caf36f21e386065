public import PinionData
internal import PinionLayers
public import PinionTensor

extension Model {
  /// The network's output for a data set, (N, output shape).
  ///
  /// A sample's bits depend on the number of samples in its batch, which is smaller in a last,
  /// partial one, and on its place there, not on the others or on the threads.
  ///
  /// - Parameters:
  ///   - dataset: The samples; their targets are not read by the network.
  ///   - batchSize: Samples at a time. Default: 32.
  ///   - threads: How many threads compute. Default: the caller alone.
  ///
  /// Throws ``TrainingError`` if the samples do not go into the network, their classes have other
  /// indices than the model's, or the network has several outputs, `ResourceError` if the system
  /// does not grant the threads or the memory.
  public func predict(
    _ dataset: some Dataset, batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> Tensor {
    try graph.requireSingleOutput()
    return try predictAll(dataset, batchSize: batchSize, threads: threads)[0]
  }

  /// Each of the network's outputs for a data set, (N, output shape), in the order of the graph's.
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
  /// not go into the network, or it has several inputs or outputs.
  public func predict(
    _ inputs: Tensor, batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> Tensor {
    try graph.requireSingleOutput()
    return try predictionLoop(threads: threads).run(inputs, batchSize: batchSize)
  }

  /// Each of the network's outputs, (N, output shape), for its inputs, (N, input shape), both in
  /// the order of the graph's.
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``. Throws ``TrainingError`` if the inputs do
  /// not go into the network.
  public func predict(
    _ inputs: [Tensor], batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> [Tensor] {
    try predictionLoop(threads: threads).run(inputs, batchSize: batchSize)
  }

  /// Each of the network's outputs by its name, for its inputs by theirs.
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``. Throws ``TrainingError`` if the inputs do
  /// not go into the network.
  public func predict(
    _ inputs: [String: Tensor], batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> [String: Tensor] {
    graph.named(
      try predict(graph.ordered(inputs), batchSize: batchSize, threads: threads))
  }

  private func predictionLoop(threads: Int) throws -> PredictionLoop {
    PredictionLoop(
      graph: graph, workspaces: workspaces,
      pool: threads == pool.threadCount ? pool : try workspaces.pool(threads: threads))
  }
}
