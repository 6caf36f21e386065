public import PinionData
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

extension Model {
  /// Trains the model.
  ///
  /// Each epoch goes once through the training data, the last, partial batch included. `loss` and
  /// the metrics of an epoch are means over its samples while the weights change; `val_loss` and so
  /// on are those of the validation data after the epoch.
  ///
  /// - Parameters:
  ///   - training: The samples to learn from.
  ///   - validation: The samples to evaluate after each epoch, if any.
  ///   - epochs: The epoch, from 1, after which training ends: their number, unless there is an
  ///     initial one.
  ///   - initialEpoch: The first epoch, from 0, as callbacks and the history count.
  ///   - batchSize: The number of samples per step, in training and validation.
  ///   - onReadFailure: What happens when a sample of the training or validation data cannot be
  ///     read.
  ///   - shuffle: Whether each epoch has a random order of its own.
  ///   - classWeight: Factors of the weights of the training data's samples, by class.
  ///   - stepsPerEpoch: The number of batches of an epoch, from the start of its order; nil for
  ///     all.
  ///   - validationSteps: The number of batches of a validation; nil for all.
  ///   - validationFrequency: Epochs from one validation to the next: with 3, the epochs 2, 5, … as
  ///     callbacks count end with one.
  ///   - onNonFinite: What happens when a loss, a gradient or an update is not finite.
  ///   - callbacks: Called in this order.
  ///   - checkpointing: Where to write checkpoints, and whether to resume from one. Default: none.
  ///   - verbose: Whether to show progress.
  ///
  /// - Returns: The values recorded at the end of each epoch.
  ///
  /// Throws ``TrainingError`` if the data do not match the network, if the network's outputs do not
  /// match the losses, or if a loss, a gradient or an update becomes NaN or infinite; `LayerError`
  /// or `ArgumentError` if the targets do not match a loss or a metric; `ArgumentError` if the
  /// batch size is not positive; `SampleError` if a sample cannot be read; and what the data set,
  /// callbacks and metrics throw. After an error in the middle of training,
  /// ``Callback/trainingDidEnd(logs:run:)`` is still called, so that ``EarlyStopping`` restores the
  /// best weights.
  @discardableResult
  public func fit(
    _ training: some Dataset, validation: (any Dataset)? = nil, epochs: Int = 1,
    initialEpoch: Int = 0, batchSize: Int = Batch.defaultSize,
    onReadFailure: ReadFailurePolicy = .stop, shuffle: Bool = true,
    classWeight: ClassWeights? = nil, stepsPerEpoch: Int? = nil, validationSteps: Int? = nil,
    validationFrequency: Int = 1, onNonFinite: NonFinitePolicy = .fail,
    callbacks: [any Callback] = [], checkpointing: Checkpointing? = nil, verbose: Bool = true
  ) throws -> History {
    try check(training, "training")
    let names = classNames ?? training.classNames
    if let validation { try check(validation, "validation", classNames: names) }
    guard epochs >= 0 else {
      throw TrainingError.argument("epochs", expected: "0 or more", found: "\(epochs)")
    }
    let weighted = try classWeight.map { weights in
      try ClassWeightedDataset(training, weights, classes: objectives[0].shape.last ?? 1)
    }
    let loader = try BatchLoader(
      weighted ?? training, batchSize: batchSize, onReadFailure: onReadFailure, pool: pool)
    if communicator != nil {
      try requireLanes(batchSize: batchSize, samples: training.count)
      loader.ownRows = { [unowned self] in ownRows(ofBatch: $0) }
    }
    let schedule = FitSchedule(
      initialEpoch: initialEpoch, stepsPerEpoch: stepsPerEpoch, validationSteps: validationSteps,
      validationFrequency: validationFrequency)
    try schedule.validate(batches: (training.count - 1) / batchSize + 1)
    let run = FitRun(
      model: self, loader: loader, validation: validation, epochs: epochs, shuffle: shuffle,
      schedule: schedule, classFactors: weighted?.weights, onNonFinite: onNonFinite,
      callbacks: callbacks + (verbose ? [ProgressBar()] : []), checkpointing: checkpointing)
    return try run.run()
  }

  /// Throws unless the samples of a data set match the network, its losses and its metrics, and its
  /// classes have the model's indices.
  func check(_ dataset: any Dataset, _ name: String, classNames: [String]? = nil) throws {
    guard dataset.count > 0 else { throw TrainingError.noSamples(name) }
    try weights.requireValidState()
    try checkInputs(of: dataset)
    try checkClasses(of: dataset, name, against: classNames ?? self.classNames)
    let targets = dataset.targetShapes
    guard targets.count == objectives.count else {
      throw TrainingError.argument(
        "the targets of the \(name) data set",
        expected: "one for each of \(objectives.count) outputs ("
          + objectives.map(\.name.debugDescription).joined(separator: ", ") + ")",
        found: "\(targets.count)")
    }
    for (index, objective) in objectives.enumerated() {
      try requireOutputs(of: index, for: objective.loss)
      let output = graph.outputShapes[index]
      do {
        try objective.loss.validate(output: output, target: targets[index])
        for metric in objective.metrics + objective.weightedMetrics {
          try metric.validate(output: output, target: targets[index])
        }
      } catch  where objectives.count > 1 {
        throw TrainingError.output(name: objective.name, problem: "\(error)")
      }
    }
  }

  /// Throws unless the inputs of a data set have the number and the shapes of the network's.
  func checkInputs(of dataset: any Dataset) throws(TrainingError) {
    let (expected, found) = (graph.inputShapes, dataset.inputShapes)
    guard expected != found else { return }
    guard expected.count == found.count else {
      throw .argument(
        "the data set's inputs",
        expected: "\(expected.count) ("
          + graph.inputs.map { graph[$0].name.debugDescription }.joined(separator: ", ") + ")",
        found: "\(found.count)")
    }
    for (index, input) in graph.inputs.enumerated() where expected[index] != found[index] {
      throw .inputShape(
        name: expected.count > 1 ? graph[input].name : nil, expected: expected[index],
        found: found[index])
    }
  }

  /// Throws ``TrainingError/outputs(layer:expected:found:)`` if an output is known not to hold the
  /// values that its loss takes. Custom layers and activations are not checked.
  private func requireOutputs(of index: Int, for loss: any Loss) throws {
    guard let last = graph[graph.outputs[index]].producer else { return }
    var (pending, seen): ([NodeID], Set<NodeID>) = ([last], [last])
    var isCombined = false
    while let id = pending.popLast() {
      let node = graph[id]
      let layer = graph.layer(of: node).layer
      if layer.combinesInputs || passesOn(node) {
        isCombined = isCombined || layer.combinesInputs
        for input in node.inputs {
          guard let producer = graph[input].producer, seen.insert(producer).inserted else {
            continue
          }
          pending.append(producer)
        }
      } else if let activation = layer.trailingActivation {
        try check(activation, of: node, isCombined: isCombined, for: loss)
      }
    }
  }

  /// Whether a node's output is its input (Flatten, Dropout).
  private func passesOn(_ node: Graph.Node) -> Bool {
    node.inputs.count == 1
      && graph.layer(of: node).layer
        .program(for: graph.pass(of: node, mode: .inference, batch: 1)).outputMemory == .alias
  }

  private func check(
    _ activation: any ActivationFunction, of node: Graph.Node, isCombined: Bool, for loss: any Loss
  ) throws {
    let found = "the activation \(type(of: activation).typeName)"
    if let link = loss.logitsLink, activation.yieldsProbabilities == false {
      throw TrainingError.outputs(
        layer: node.name,
        expected: "probabilities, by activation: .\(link), or a loss that is told fromLogits: true",
        found: found)
    }
    // Sums of probabilities and other terms may be logits.
    if loss.takesLogits, activation.logitsLink != nil, !isCombined {
      throw TrainingError.outputs(
        layer: node.name,
        expected: "logits (no activation), or a loss without fromLogits: true",
        found: found)
    }
  }

  /// Throws unless each class that the data set names has its index in `names`; classes may be
  /// missing at the end.
  ///
  /// Names are compared by Unicode canonical equivalence.
  func checkClasses(
    of dataset: any Dataset, _ name: String, against names: [String]?
  ) throws(TrainingError) {
    guard let names, let found = dataset.classNames else { return }
    guard found.count > names.count || zip(names, found).contains(where: { $0 != $1 }) else {
      return
    }
    throw .classNames(dataset: name, expected: names, found: found)
  }
}
