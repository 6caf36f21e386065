public import PinionData
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

extension Model {
  /// Trains the model.
  ///
  /// Each epoch goes once through the training data, in another random order if `shuffle` is set; the last, partial batch is used too.
  /// The loss and the metrics of an epoch are means over its samples while the weights change; `val_loss` and so on
  /// are those of the validation data after the epoch.
  ///
  /// - Parameters:
  ///   - training: What to learn from.
  ///   - validation: What to measure on after each epoch, if anything.
  ///   - epochs: How many epochs. Default: 1.
  ///   - batchSize: Samples a step. Default: 32.
  ///   - onReadFailure: What happens when a sample of the training or validation data cannot be read. Default: training stops.
  ///   - shuffle: Whether each epoch has an order of its own. Default: yes.
  ///   - callbacks: What else happens, in this order.
  ///   - checkpointing: Where to leave what is needed to go on later, and whether to go on from there. Default: nowhere.
  ///   - verbose: Whether to show progress. Default: yes.
  ///
  /// Returns what was recorded at the end of each epoch.
  ///
  /// Throws ``TrainingError`` if the data do not go with the network, the network's outputs not with the loss, or the loss,
  /// a gradient or an update becomes NaN or infinite, `LayerError` if the data do not go with the loss, `ArgumentError` if not with a metric, `ArgumentError` if the batch size is not positive, and what callbacks and metrics throw, `SampleError` if a sample cannot be read. After an error in the
  /// middle of training, callbacks are still told that training ends, so that the best weights are put back if that was asked for.
  @discardableResult
  public func fit(
    _ training: some Dataset, validation: (any Dataset)? = nil, epochs: Int = 1,
    batchSize: Int = Batch.defaultSize, onReadFailure: ReadFailurePolicy = .stop,
    shuffle: Bool = true, callbacks: [any Callback] = [],
    checkpointing: Checkpointing? = nil, verbose: Bool = true
  ) throws -> History {
    try check(training, "training")
    let names = classNames ?? training.classNames
    if let validation { try check(validation, "validation", classNames: names) }
    guard epochs >= 0 else {
      throw TrainingError.argument("epochs", expected: "0 or more", found: "\(epochs)")
    }
    let loader = try BatchLoader(
      training, batchSize: batchSize, onReadFailure: onReadFailure, pool: pool)
    let run = FitRun(
      model: self, loader: loader, validation: validation, epochs: epochs, shuffle: shuffle,
      callbacks: callbacks + (verbose ? [ProgressBar()] : []), checkpointing: checkpointing)
    classNames = names
    return try run.run()
  }

  /// Throws unless the data set's samples go into the network and the loss, and its classes have their numbers.
  func check(_ dataset: any Dataset, _ name: String, classNames: [String]? = nil) throws {
    guard dataset.count > 0 else { throw TrainingError.noSamples(name) }
    try dataset.requireSingleInputAndTarget(for: "the network")
    guard !dataset.hasWeights else {
      throw TrainingError.argument("sample weights", expected: "none", found: "one a sample")
    }
    guard dataset.inputShape == graph.inputShape else {
      throw TrainingError.inputShape(expected: graph.inputShape, found: dataset.inputShape)
    }
    try checkClasses(of: dataset, name, against: classNames ?? self.classNames)
    try requireOutputs()
    try loss.validate(output: graph.outputShape, target: dataset.targetShape)
    for metric in metrics {
      try metric.validate(output: graph.outputShape, target: dataset.targetShape)
    }
  }

  /// Throws ``TrainingError/outputs(layer:expected:found:)`` if the network surely does not end with what the loss takes. Of activations and last
  /// layers of the user's nothing is known.
  private func requireOutputs() throws {
    guard let last = graph[graph.outputs[0]].producer else { return }
    var node = graph[last]
    // What only hands its input on (Flatten, Dropout) puts out what the layer before does.
    while let input = node.inputs.first.flatMap({ graph[$0].producer }),
      graph.layer(of: node).layer.program(for: graph.pass(of: node, mode: .inference, batch: 1))
        .outputMemory == .alias
    {
      node = graph[input]
    }
    guard let activation = graph.layer(of: node).layer.trailingActivation else { return }
    let found = "the activation \(type(of: activation).typeName)"
    if loss.logitsLink != nil, activation.yieldsProbabilities == false {
      throw TrainingError.outputs(
        layer: node.name,
        expected: "probabilities, by activation: .softmax, or a loss that is told fromLogits: true",
        found: found)
    }
    if loss.takesLogits, activation.logitsLink != nil {
      throw TrainingError.outputs(
        layer: node.name,
        expected: "logits, by no activation, or a loss without fromLogits: true", found: found)
    }
  }

  /// Throws unless each class that the data set names has the number that it has in `names`; there may be fewer.
  ///
  /// Strings are compared as Unicode does: composed and decomposed accents are equal.
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
