internal import PinionData
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

/// The running means of losses and metrics over the batches of an epoch, or of an evaluation.
///
/// Logs hold `loss`, the weighted sum over the outputs, and each metric. With several outputs they
/// hold `<output>_loss`, without the output's weight, and metrics as `<output>_<metric>`, as in
/// Keras.
struct EpochTotals {
  struct Output {
    /// The name of the output's own loss in the logs; nil for the only output.
    let lossName: String?
    /// The names of the metrics in the logs.
    let metricNames: [String]
    /// The size of the output's last axis.
    let classes: Int
    var loss = RunningMean()
    var metrics: [any Metric]
  }

  var loss = RunningMean()
  var outputs: [Output]

  init(_ objectives: [OutputObjective]) {
    outputs = objectives.map { objective in
      let prefix = objectives.count > 1 ? objective.name + "_" : ""
      return Output(
        lossName: prefix.isEmpty ? nil : prefix + "loss",
        metricNames: objective.metrics.map { prefix + $0.name }, classes: objective.classes,
        metrics: objective.metrics)
    }
    reset()
  }

  /// The names in the logs and the direction in which each value improves.
  var directions: [String: MetricDirection] {
    var directions: [String: MetricDirection] = ["loss": .minimize]
    for output in outputs {
      if let name = output.lossName { directions[name] = .minimize }
      for (name, metric) in zip(output.metricNames, output.metrics) {
        directions[name] = metric.higherIsBetter ? .maximize : .minimize
      }
    }
    return directions
  }

  mutating func reset() {
    loss.reset()
    for index in outputs.indices {
      outputs[index].loss.reset()
      for metric in outputs[index].metrics.indices { outputs[index].metrics[metric].reset() }
    }
  }

  /// Adds a batch to the metrics.
  mutating func addMetrics(of workspace: Workspace, _ batch: Batch) throws {
    for index in outputs.indices {
      for metric in outputs[index].metrics.indices {
        try outputs[index].metrics[metric].add(
          predictions: workspace.outputs(index), targets: batch.targets[index],
          count: batch.count, classes: outputs[index].classes)
      }
    }
  }

  /// Adds a batch to the losses; the penalties on the parameters are part of the total alone.
  mutating func addLosses(of workspace: Workspace, _ batch: Batch, penalty: Double) {
    for index in outputs.indices {
      outputs[index].loss.add(workspace.meanLoss(index), weight: Double(batch.count))
    }
    loss.add(workspace.meanLoss + penalty, weight: Double(batch.count))
  }

  func write(to logs: inout Logs) {
    logs["loss"] = loss.value
    for output in outputs {
      if let name = output.lossName { logs[name] = output.loss.value }
      for (name, metric) in zip(output.metricNames, output.metrics) { logs[name] = metric.value }
    }
  }
}
