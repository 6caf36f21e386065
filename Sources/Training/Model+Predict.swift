public import PinionData
internal import PinionLayers
public import PinionTensor

extension Model {
  /// The network's outputs for a data set, (N, output shape).
  ///
  /// A sample's bits depend on the number of samples in its batch, which is smaller in a last,
  /// partial one, and on its place there, not on the others or on the threads.
  ///
  /// - Parameters:
  ///   - dataset: The samples; their targets are not read by the network.
  ///   - batchSize: Samples at a time. Default: 32.
  ///   - threads: How many threads compute. Default: the caller alone.
  ///
  /// Throws ``TrainingError`` if the samples do not go into the network or their classes have other
  /// numbers than the model's, `ResourceError` if the system does not grant the threads or the
  /// memory.
  public func predict(
    _ dataset: some Dataset, batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> Tensor {
    try dataset.requireSingleInputAndTarget(for: "the network")
    try checkInputs(of: dataset)
    try checkClasses(of: dataset, "predicted", against: classNames)
    let pool = try predictionPool(threads: threads)
    let loader = try BatchLoader(dataset, batchSize: batchSize, pool: pool)
    try loader.startEpoch()
    let size = graph.outputShape.elementCount
    return try Tensor.filled(graph.outputShape.prepending(dataset.count)) { outputs in
      while let batch = try loader.next() {
        let target = outputs[batch.indices.lowerBound * size..<batch.indices.upperBound * size]
        try predict(batch.input, count: batch.count, into: target, pool: pool)
      }
    }
  }

  /// The network's outputs, (N, output shape), for inputs (N, input shape).
  ///
  /// As ``predict(_:batchSize:threads:)-(Dataset,_,_)``. Throws ``TrainingError`` if the inputs do
  /// not go into the network.
  public func predict(_ inputs: Tensor, batchSize: Int = Batch.defaultSize, threads: Int = 1) throws
    -> Tensor
  {
    guard inputs.rank > 0, Shape(Array(inputs.shape.dropFirst())) == graph.inputShape else {
      throw TrainingError.batchShape(expected: graph.inputShape, found: inputs.shape)
    }
    guard batchSize > 0 else {
      throw TrainingError.argument("batch size", expected: "1 or more", found: "\(batchSize)")
    }
    let pool = try predictionPool(threads: threads)
    let (count, size) = (inputs.shape[0], graph.outputShape.elementCount)
    let width = graph.inputShape.elementCount
    return try Tensor.filled(graph.outputShape.prepending(count)) { outputs in
      try inputs.read { inputs in
        for first in stride(from: 0, to: count, by: batchSize) {
          let last = first + min(batchSize, count - first)
          try predict(
            inputs[first * width..<last * width], count: last - first,
            into: outputs[first * size..<last * size], pool: pool)
        }
      }
    }
  }

  private func predict(
    _ inputs: MemoryView<Float>, count: Int, into outputs: MemoryView<Float>, pool: ThreadPool
  ) throws {
    let workspace = try workspaces.workspace(.init(batch: count), pool: pool)
    workspace.run(inputs: inputs)
    outputs.copy(from: workspace.outputs())
  }

  private func predictionPool(threads: Int) throws -> ThreadPool {
    threads == pool.threadCount ? pool : try workspaces.pool(threads: threads)
  }
}

extension Tensor {
  /// A tensor whose elements `body` writes.
  fileprivate static func filled(
    _ shape: Shape, _ body: (MemoryView<Float>) throws -> Void
  ) rethrows -> Tensor {
    var tensor = Tensor.zeros(shape)
    try tensor.mutate(body)
    return tensor
  }
}
