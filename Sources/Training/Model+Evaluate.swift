public import PinionData
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

extension Model {
  /// The mean loss and the metrics of a data set.
  ///
  /// - Parameters:
  ///   - dataset: What to measure on.
  ///   - batchSize: Samples at a time. Default: 100.
  ///
  /// Throws ``TrainingError`` or `LayerError` if the data do not go with the network and the loss, and what metrics throw.
  public func evaluate(_ dataset: any Dataset, batchSize: Int = 100) throws -> Evaluation {
    try check(dataset, "evaluated")
    let loader = try BatchLoader(dataset, batchSize: batchSize, pool: pool)
    try loader.startEpoch()
    var metrics = self.metrics
    for index in metrics.indices { metrics[index].reset() }
    var mean = RunningMean()
    while let batch = try loader.next() {
      let workspace = try workspaces.workspace(
        .init(batch: batch.count, loss: loss), pool: pool)
      workspace.run(inputs: batch.inputs, targets: batch.targets)
      mean.add(workspace.meanLoss, weight: Double(batch.count))
      for index in metrics.indices {
        try metrics[index].add(
          predictions: workspace.outputs, targets: batch.targets, count: batch.count)
      }
    }
    var logs: Logs = ["loss": mean.value]
    for metric in metrics { logs[metric.name] = metric.value }
    return Evaluation(logs: logs)
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
