public import PinionData
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

extension Model {
  /// The mean loss and the metrics of a data set.
  ///
  /// - Parameters:
  ///   - dataset: What to measure on.
  ///   - batchSize: Samples at a time. Default: 32.
  ///   - onReadFailure: What happens when a sample cannot be read. Default: `SampleError` is thrown. A skipped sample counts
  ///     nowhere; ``Evaluation/skippedSamples`` tells it.
  ///
  /// Metrics see what ``predict(_:batchSize:threads:)-dataset`` returns. A loss is NaN or infinite if inputs or weights make it so.
  ///
  /// Throws ``TrainingError`` or `LayerError` if the data do not go with the network and the loss or a class number is none, and
  /// what metrics throw.
  public func evaluate(
    _ dataset: any Dataset, batchSize: Int = Batch.defaultSize,
    onReadFailure: ReadFailurePolicy = .stop
  ) throws -> Evaluation {
    try check(dataset, "evaluated")
    let loader = try BatchLoader(
      dataset, batchSize: batchSize, onReadFailure: onReadFailure, pool: pool)
    try loader.startEpoch()
    var metrics = self.metrics
    for index in metrics.indices { metrics[index].reset() }
    var mean = RunningMean()
    while let batch = try loader.next() {
      guard batch.count > 0 else { continue }
      let workspace = try workspaces.workspace(
        .init(batch: batch.count, loss: loss, wantsProbabilities: metricsReadProbabilities),
        pool: pool)
      workspace.run(inputs: batch.input, targets: batch.target)
      if !workspace.meanLoss.isFinite { try requireClasses(batch) }
      mean.add(workspace.meanLoss, weight: Double(batch.count))
      for index in metrics.indices {
        try metrics[index].add(
          predictions: workspace.outputs(), targets: batch.target, count: batch.count,
          classes: graph.outputShape.last ?? 1)
      }
    }
    var logs: Logs = ["loss": mean.value]
    for metric in metrics { logs[metric.name] = metric.value }
    return Evaluation(logs: logs, skippedSamples: loader.skippedSamples)
  }

  /// Throws ``TrainingError/target(sample:value:classes:)`` if a class number is none, for which the loss is NaN.
  private func requireClasses(_ batch: Batch) throws {
    let search = NonFiniteSearch(
      model: self, inputs: batch.input, targets: batch.target, count: batch.count)
    guard let (sample, value) = search.firstTargetOfNoClass() else { return }
    throw TrainingError.target(
      sample: batch.position(ofRow: sample), value: value,
      classes: graph.outputShape.last ?? 1)
  }

  /// In which direction each metric improves.
  var metricDirections: [String: MetricDirection] {
    var directions: [String: MetricDirection] = ["loss": .minimize]
    for metric in metrics {
      directions[metric.name] = metric.higherIsBetter ? .maximize : .minimize
    }
    return directions
  }
}

/// The mean loss and the metrics of a data set.
public struct Evaluation: Sendable, Equatable, CustomStringConvertible {
  /// All values by name.
  public let logs: Logs

  /// The samples that could not be read and were skipped.
  public let skippedSamples: [SampleError]

  /// An evaluation of the given values.
  public init(logs: Logs, skippedSamples: [SampleError] = []) {
    self.logs = logs
    self.skippedSamples = skippedSamples
  }

  /// The mean loss.
  public var loss: Double { logs["loss"] ?? .nan }

  /// The share of samples whose class is predicted, if the model measures it.
  public var accuracy: Double? { logs["accuracy"] }

  /// The value under a name, nil if there is none.
  public subscript(name: String) -> Double? { logs[name] }

  /// As `accuracy: 0.9012 - loss: 0.2811`.
  public var description: String {
    logs.map { "\(PrintableText.escaped($0.name)): \(NumberText.metric($0.value))" }
      .joined(separator: " - ")
  }
}
