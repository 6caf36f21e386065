public import PinionData
internal import PinionLayers
internal import PinionMetrics
public import PinionTensor

/// For custom training loops: single updates, and gradients without an update.
///
/// ```swift
/// let loader = try BatchLoader(training, batchSize: 64)
/// try loader.startEpoch(order: order, epoch: epoch)
/// while let batch = try loader.next() {
///   let gradients = try model.gradients(of: batch)
///   gradients["dense/kernel"] = gradients["dense/kernel"] * 0.5
///   try model.apply(gradients)
/// }
/// ```
extension Model {
  /// Makes one update by a batch. Returns its loss and metrics from before the update.
  ///
  /// Throws ``TrainingError`` if the batch does not match the network, or a loss, a gradient or the
  /// update is not finite, and what metrics throw; see ``TrainingError`` for the weights then.
  @discardableResult
  public func trainOnBatch(_ batch: Batch) throws -> Evaluation {
    try check(batch)
    var totals = EpochTotals(objectives)
    let workspace = try trainStep(batch) { try totals.addMetrics(of: $0, batch) }
    totals.addLosses(of: workspace, batch, penalty: lastPenalty)
    return Evaluation(logs: totals.logs)
  }

  /// Makes one update by all samples of a data set, as ``trainOnBatch(_:)-(Batch)``.
  @discardableResult
  public func trainOnBatch(_ samples: some Dataset) throws -> Evaluation {
    try withBatch(of: samples) { try trainOnBatch($0) }
  }

  /// Makes one update by inputs (N, input shape) and targets (N, target shape), for a network with
  /// one of each, as ``trainOnBatch(_:)-(Batch)``.
  @discardableResult
  public func trainOnBatch(_ inputs: Tensor, targets: Tensor) throws -> Evaluation {
    try trainOnBatch(Self.dataset(inputs, targets))
  }

  /// The total loss of a batch in training mode, penalties included, and its gradient.
  ///
  /// Random numbers are those of the next step. State that is not trained, such as moving
  /// statistics, changes as in a step. Throws as ``trainOnBatch(_:)-(Batch)``.
  public func gradients(of batch: Batch) throws -> Gradients {
    try check(batch)
    let (workspace, _) = try backpropagate(batch)
    return Gradients(
      loss: workspace.meanLoss + lastPenalty, values: AlignedBuffer(copying: workspace.gradients),
      entries: weights.entries.filter(\.isTrainable))
  }

  /// The loss and its gradient for all samples of a data set, as ``gradients(of:)-(Batch)``.
  public func gradients(of samples: some Dataset) throws -> Gradients {
    try withBatch(of: samples) { try gradients(of: $0) }
  }

  /// The loss and its gradient for inputs (N, input shape) and targets (N, target shape), as
  /// ``gradients(of:)-(Batch)``.
  public func gradients(of inputs: Tensor, targets: Tensor) throws -> Gradients {
    try gradients(of: Self.dataset(inputs, targets))
  }

  /// Makes one update by gradients that ``gradients(of:)-(Batch)`` of this model returned.
  ///
  /// Throws ``TrainingError/argument(_:expected:found:)`` if they are of another network or not
  /// finite, ``TrainingError/nonFiniteUpdate(epoch:batch:origin:sample:)`` if the update overflows;
  /// the model is then as before.
  public func apply(_ gradients: Gradients) throws {
    guard gradients.values.count == weights.trainable.count else {
      throw TrainingError.argument(
        "gradients", expected: "\(weights.trainable.count) numbers",
        found: "\(gradients.values.count)")
    }
    if let place = gradients.values.view.firstNonFinite {
      throw TrainingError.argument(
        "gradients", expected: "finite numbers", found: "\(gradients.values.view[place])")
    }
    // Clipping changes them.
    let copy = AlignedBuffer(copying: gradients.values.view)
    try withExtendedLifetime(copy) { try update(by: copy.view) }
  }

  /// Throws ``TrainingError`` unless a batch has the inputs and targets of the network.
  private func check(_ batch: Batch) throws {
    func require(_ holds: Bool, _ expected: String, _ found: String) throws(TrainingError) {
      if !holds { throw .argument("the batch", expected: expected, found: found) }
    }
    try require(batch.count > 0, "samples", "none")
    try weights.requireValidState()
    let shapes = graph.inputShapes
    try require(
      batch.inputs.map(\.count) == shapes.map { batch.count * $0.elementCount },
      "inputs of the shapes " + shapes.map(\.description).joined(separator: ", "),
      "\(batch.inputs.map(\.count)) numbers for \(batch.count) samples")
    try require(
      batch.targets.count == objectives.count, "\(objectives.count) targets",
      "\(batch.targets.count)")
    for (index, objective) in objectives.enumerated() {
      try objective.loss.validate(
        output: graph.outputShapes[index], target: batch.targetShapes[index])
    }
  }

  /// Calls the body with all samples of a data set as a batch.
  private func withBatch<Result>(
    of samples: some Dataset, _ body: (Batch) throws -> Result
  ) throws -> Result {
    try check(samples, "trained")
    let loader = try BatchLoader(samples, batchSize: samples.count, pool: pool)
    try loader.startEpoch()
    return try withExtendedLifetime(loader) {
      guard let batch = try loader.next() else { throw TrainingError.noSamples("trained") }
      return try body(batch)
    }
  }

  private static func dataset(_ inputs: Tensor, _ targets: Tensor) throws -> ArrayDataset {
    guard inputs.rank > 0, targets.rank > 0, inputs.shape[0] == targets.shape[0] else {
      throw TrainingError.argument(
        "targets", expected: "one for each of the inputs of shape \(inputs.shape)",
        found: "shape \(targets.shape)")
    }
    let shape = targets.rank == 1 ? [1] : Shape(Array(targets.shape.dropFirst()))
    return try ArrayDataset(
      inputs: inputs.elements, inputShape: Shape(Array(inputs.shape.dropFirst())),
      targets: targets.elements, targetShape: shape)
  }
}

/// The gradient of a batch's total loss with respect to all trainable parameters.
public struct Gradients: Sendable {
  /// The mean total loss, penalties included.
  public let loss: Double

  let values: AlignedBuffer
  private let entries: [Weights.Entry]

  init(loss: Double, values: AlignedBuffer, entries: [Weights.Entry]) {
    self.loss = loss
    self.values = values
    self.entries = entries
  }

  /// The names of the parameters: `dense/kernel`.
  public var names: [String] { entries.map(\.name) }

  /// The gradient of a parameter, in the parameter's shape. Copies share it.
  ///
  /// - Precondition: There is such a parameter; a new value has its shape.
  public subscript(name: String) -> Tensor {
    get {
      let entry = entry(name)
      return Tensor(copying: values.view[entry.range], shape: entry.shape)
    }
    nonmutating set {
      let entry = entry(name)
      require(newValue.shape == entry.shape, "shape \(newValue.shape), not \(entry.shape)")
      let target = values.view[entry.range]
      for (position, value) in newValue.elements.enumerated() { target[position] = value }
    }
  }

  private func entry(_ name: String) -> Weights.Entry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      fatalError("no trainable parameter \(name.debugDescription)")
    }
    return entry
  }

  /// The L2 norm of all gradients together.
  public var norm: Double {
    values.view.array.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}
