internal import PinionData
internal import PinionLayers
internal import PinionTensor

/// The prediction loop of models and predictors.
struct PredictionLoop {
  let graph: Graph
  let workspaces: WorkspaceCache
  let pool: ThreadPool
  /// Whether the weights never change.
  var hasConstantParameters = false

  /// Runs batches until `next` returns no more rows.
  ///
  /// - Parameters:
  ///   - input: The rows of an input, (rows.count, input shape).
  ///   - write: Takes the rows of an output, (rows.count, output shape).
  func run(
    next: () throws -> Range<Int>?, input: (_ index: Int, _ rows: Range<Int>) -> MemoryView<Float>,
    write: (_ index: Int, _ rows: Range<Int>, _ values: MemoryView<Float>) -> Void
  ) throws {
    while let rows = try next() {
      let workspace = try workspaces.workspace(
        .init(batch: rows.count, hasConstantParameters: hasConstantParameters), pool: pool)
      workspace.run { input($0, rows) }
      for index in graph.outputs.indices { write(index, rows, workspace.outputs(index)) }
    }
  }

  /// Each output for batches of a loader, `count` samples in all.
  func run(_ loader: BatchLoader, count: Int) throws -> [Tensor] {
    var batch: Batch?
    var outputs = graph.outputShapes.map { Tensor.zeros($0.prepending(count)) }
    try run {
      batch = try loader.next()
      return batch?.indices
    } input: { index, _ in
      batch?.inputs[index] ?? .empty
    } write: { index, rows, values in
      outputs[index].mutate { Self.rows(rows, of: $0, count).copy(from: values) }
    }
    return outputs
  }

  /// Each output for the inputs of a network.
  func run(_ inputs: [Tensor], batchSize: Int) throws -> [Tensor] {
    let count = try graph.count(of: inputs, batchSize: batchSize)
    var outputs = graph.outputShapes.map { Tensor.zeros($0.prepending(count)) }
    try Self.read(inputs[...]) { views in
      var ranges = Ranges(count: count, size: batchSize)
      try run {
        ranges.next()
      } input: {
        Self.rows($1, of: views[$0], count)
      } write: { index, rows, values in
        outputs[index].mutate { Self.rows(rows, of: $0, count).copy(from: values) }
      }
    }
    return outputs
  }

  /// The output of a network with one input and one output. Allocates only the result.
  func run(_ input: Tensor, batchSize: Int) throws -> Tensor {
    let count = try graph.count(of: CollectionOfOne(input), batchSize: batchSize)
    var output = Tensor.zeros(graph.outputShape.prepending(count))
    try output.mutate { target in
      try input.read { source in
        var ranges = Ranges(count: count, size: batchSize)
        try run {
          ranges.next()
        } input: {
          Self.rows($1, of: source, count)
        } write: {
          Self.rows($1, of: target, count).copy(from: $2)
        }
      }
    }
    return output
  }

  /// Consecutive ranges of a size that cover `count` rows.
  private struct Ranges {
    let count, size: Int
    var first = 0

    init(count: Int, size: Int) { (self.count, self.size) = (count, size) }

    mutating func next() -> Range<Int>? {
      guard first < count else { return nil }
      defer { first += min(size, count - first) }
      return first..<first + min(size, count - first)
    }
  }

  /// A range of the `count` rows of a view.
  private static func rows(
    _ rows: Range<Int>, of view: MemoryView<Float>, _ count: Int
  ) -> MemoryView<Float> {
    let size = view.count / count
    return view[rows.lowerBound * size..<rows.upperBound * size]
  }

  /// Calls `body` with the elements of all tensors.
  private static func read<Result>(
    _ tensors: ArraySlice<Tensor>, _ views: [MemoryView<Float>] = [],
    _ body: ([MemoryView<Float>]) throws -> Result
  ) rethrows -> Result {
    guard let first = tensors.first else { return try body(views) }
    return try first.read { try read(tensors.dropFirst(), views + [$0], body) }
  }
}

extension Graph {
  /// The number of samples of a batch of inputs. Throws ``TrainingError`` if they do not match the
  /// graph.
  fileprivate func count(
    of tensors: some Collection<Tensor>, batchSize: Int
  ) throws(TrainingError) -> Int {
    guard batchSize > 0 else {
      throw .argument("batch size", expected: "1 or more", found: "\(batchSize)")
    }
    guard let first = tensors.first, tensors.count == inputs.count else {
      throw .argument(
        "inputs", expected: Self.named(inputs.map { self[$0].name }), found: "\(tensors.count)")
    }
    for (tensor, id) in zip(tensors, inputs) {
      let shape = self[id].shape
      guard tensor.rank > 0, tensor.shape.dropFirst().elementsEqual(shape) else {
        guard inputs.count > 1 else {
          throw .batchShape(expected: shape, found: tensor.shape)
        }
        throw .argument(
          "input \"\(self[id].name)\"",
          expected: "(\((["N"] + shape.map(String.init)).joined(separator: ", ")))",
          found: "\(tensor.shape)")
      }
      guard tensor.shape[0] == first.shape[0] else {
        throw .argument(
          "input \"\(self[id].name)\"",
          expected: "\(first.shape[0]) samples, as the first input",
          found: "\(tensor.shape[0])")
      }
    }
    return first.shape[0]
  }

  /// The tensors of a dictionary in the order of the inputs. Throws ``TrainingError`` unless it has
  /// exactly the inputs' names.
  func ordered(_ tensors: [String: Tensor]) throws(TrainingError) -> [Tensor] {
    let names = inputs.map { self[$0].name }
    let found = names.compactMap { tensors[$0] }
    guard found.count == names.count, tensors.count == names.count else {
      throw .argument(
        "inputs", expected: Self.named(names), found: Self.named(tensors.keys.sorted()))
    }
    return found
  }

  /// Each output by its name.
  func named(_ outputs: [Tensor]) -> [String: Tensor] {
    Dictionary(uniqueKeysWithValues: zip(self.outputs.map { self[$0].name }, outputs))
  }

  /// Throws ``TrainingError`` unless there is exactly one output.
  func requireSingleOutput() throws(TrainingError) {
    guard outputs.count == 1 else {
      throw .argument(
        "outputs", expected: "one; for several predict a list or a dictionary of inputs",
        found: Self.named(outputs.map { self[$0].name }))
    }
  }

  private static func named(_ names: [String]) -> String {
    "\(names.count) (" + names.map(\.debugDescription).joined(separator: ", ") + ")"
  }
}
