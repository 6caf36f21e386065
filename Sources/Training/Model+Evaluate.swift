public import PinionData
internal import PinionLayers
public import PinionMetrics
internal import PinionTensor

extension Model {
  /// The mean losses and the metrics of a data set.
  ///
  /// Metrics read the network's outputs, as ``Model/predict(_:batchSize:threads:)-(Dataset,_,_)``
  /// returns them; one that depends only on their order (`usesOrderAlone`) may be given logits. A
  /// loss is NaN or infinite if inputs or weights make it so.
  ///
  /// - Parameters:
  ///   - dataset: The samples.
  ///   - batchSize: The number of samples that run at a time.
  ///   - steps: The number of batches, from the first one on; nil for all.
  ///   - onReadFailure: The reaction to a sample that cannot be read. A skipped sample is listed in
  ///     ``Evaluation/skippedSamples``.
  ///
  /// Throws ``TrainingError`` or `LayerError` if the data do not match the network and its losses,
  /// or a target is not one that its loss takes, and what the data set and metrics throw.
  public func evaluate(
    _ dataset: any Dataset, batchSize: Int = Batch.defaultSize, steps: Int? = nil,
    onReadFailure: ReadFailurePolicy = .stop
  ) throws -> Evaluation {
    try check(dataset, "evaluated")
    let loader = try BatchLoader(
      dataset, batchSize: batchSize, onReadFailure: onReadFailure, pool: pool)
    if communicator != nil { loader.ownRows = { [unowned self] in ownRows(ofBatch: $0) } }
    if let steps, steps < 1 {
      throw TrainingError.argument("steps", expected: "1 or more", found: "\(steps)")
    }
    let (count, overflow) = (steps ?? dataset.count).multipliedReportingOverflow(by: batchSize)
    try loader.startEpoch(
      order: overflow || count >= dataset.count ? nil : Array(0..<count))
    var totals = EpochTotals(objectives)
    let penalty = terms.penalty(of: weights.trainable, addingTo: nil, pool: pool)
    while let batch = try loader.next() {
      guard batch.count > 0 else { continue }
      let workspace = try workspaces.workspace(
        request(batch: batch.count), pool: pool, ranks: ranks(forBatch: batch.count))
      workspace.run(batch)
      if objectives.indices.contains(where: { !workspace.meanLoss($0).isFinite }) {
        try requireValidTargets(batch, workspace)
      }
      totals.addLosses(of: workspace, batch, penalty: penalty + workspace.activityPenalty)
      try totals.addMetrics(of: workspace, batch)
    }
    return Evaluation(logs: totals.logs, skippedSamples: loader.skippedSamples)
  }

  /// The number of samples of each class predicted as each class.
  ///
  /// The classes are those along the last axis of the network's only output, or 0 and 1 of an
  /// output with one unit: 1 above ½, or above 0 if the loss takes logits. Every position of a
  /// larger output counts. Names are the model's ``Model/classNames`` or the data set's, else the
  /// indices.
  ///
  /// ```swift
  /// let matrix = try model.confusionMatrix(of: test)
  /// print(matrix, ClassificationReport(matrix), separator: "\n\n")
  /// ```
  ///
  /// - Parameters:
  ///   - dataset: The samples.
  ///   - batchSize: The number of samples in a batch. Default: 32.
  ///   - threads: The number of threads, including the caller. Default: 1.
  ///
  /// Throws as ``Model/predict(_:batchSize:threads:)-(Dataset,_,_)``; `ArgumentError` if a target
  /// is not a class or a prediction is NaN.
  public func confusionMatrix(
    of dataset: some Dataset, batchSize: Int = Batch.defaultSize, threads: Int = 1
  ) throws -> ConfusionMatrix {
    try check(dataset, "evaluated")
    let outputs = try predict(dataset, batchSize: batchSize, threads: threads)
    let units = graph.outputShape.last ?? 1
    let classes = max(2, units)
    let names = classNames ?? dataset.classNames
    var matrix =
      if let names, names.count == classes {
        try ConfusionMatrix(classNames: names)
      } else {
        try ConfusionMatrix(classes: classes)
      }
    let size = dataset.targetShape.elementCount
    let targets = AlignedBuffer(count: dataset.count * size)
    for index in 0..<dataset.count {
      try dataset.copyTarget(at: index, into: targets.view[index * size..<(index + 1) * size])
    }
    try outputs.read { elements in
      try matrix.add(
        predictions: elements, targets: targets.view, count: elements.count / max(1, units),
        threshold: objectives[0].loss.binaryThreshold)
    }
    return matrix
  }

  /// Throws ``TrainingError`` if a target is not one that its loss takes; the loss is then NaN.
  private func requireValidTargets(_ batch: Batch, _ workspace: Workspace) throws {
    let search = NonFiniteSearch(model: self, batch: batch, workspace: workspace)
    if let error = search.firstInvalidTarget() { throw error }
  }
}

/// The mean losses and the metrics of a data set.
public struct Evaluation: Sendable, Equatable, CustomStringConvertible {
  /// All values by name: `loss`, the metrics and, with several outputs, `<output>_loss` and
  /// `<output>_<metric>`.
  public let logs: Logs

  /// The samples that could not be read and were skipped.
  public let skippedSamples: [SampleError]

  public init(logs: Logs, skippedSamples: [SampleError] = []) {
    self.logs = logs
    self.skippedSamples = skippedSamples
  }

  /// The mean total loss.
  public var loss: Double { logs["loss"] ?? .nan }

  /// The value of the metric ``Accuracy`` of a single output, nil without one.
  public var accuracy: Double? { logs["accuracy"] }

  /// The value under a name, nil if there is none.
  public subscript(name: String) -> Double? { logs[name] }

  /// All values, as `accuracy: 0.9012 - loss: 0.2811`.
  public var description: String {
    logs.map { "\(PrintableText.escaped($0.name)): \(NumberText.metric($0.value))" }
      .joined(separator: " - ")
  }
}
