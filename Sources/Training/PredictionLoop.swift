internal import PinionLayers
internal import PinionTensor

/// The loop that predicts, for models and predictors.
struct PredictionLoop {
  /// Inputs that run together, and their rows in the outputs.
  struct Batch {
    let inputs: [MemoryView<Float>]
    let rows: Range<Int>
  }

  let graph: Graph
  let workspaces: WorkspaceCache
  let pool: ThreadPool
  /// Whether the weights never change.
  var hasConstantParameters = false

  /// Each output for `count` samples, (count, output shape).
  func run(count: Int, next: () throws -> Batch?) throws -> [Tensor] {
    var outputs = graph.outputShapes.map { Tensor.zeros($0.prepending(count)) }
    let sizes = graph.outputShapes.map(\.elementCount)
    while let batch = try next() {
      let workspace = try workspaces.workspace(
        .init(batch: batch.rows.count, hasConstantParameters: hasConstantParameters), pool: pool)
      workspace.run(inputs: batch.inputs)
      for (index, size) in sizes.enumerated() {
        outputs[index].mutate { output in
          output[batch.rows.lowerBound * size..<batch.rows.upperBound * size]
            .copy(from: workspace.outputs(index))
        }
      }
    }
    return outputs
  }

  /// Each output for tensors that ``count(of:batchSize:)`` has checked.
  func run(_ inputs: [Tensor], batchSize: Int) throws -> [Tensor] {
    let count = try graph.count(of: inputs, batchSize: batchSize)
    return try Self.read(inputs[...]) { views in
      var first = 0
      return try run(count: count) {
        guard first < count else { return nil }
        let rows = first..<first + min(batchSize, count - first)
        first = rows.upperBound
        return Batch(
          inputs: views.map { view in
            let size = view.count / count
            return view[rows.lowerBound * size..<rows.upperBound * size]
          }, rows: rows)
      }
    }
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
  /// The number of samples of a batch of inputs. Throws ``TrainingError`` if they do not go into
  /// the graph.
  fileprivate func count(of tensors: [Tensor], batchSize: Int) throws(TrainingError) -> Int {
    guard batchSize > 0 else {
      throw .argument("batch size", expected: "1 or more", found: "\(batchSize)")
    }
    guard tensors.count == inputs.count else {
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
      guard tensor.shape[0] == tensors[0].shape[0] else {
        throw .argument(
          "input \"\(self[id].name)\"",
          expected: "\(tensors[0].shape[0]) samples, as the first input",
          found: "\(tensor.shape[0])")
      }
    }
    return tensors[0].shape[0]
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
