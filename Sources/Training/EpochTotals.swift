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
    var metricNames: [String]
    /// The output's shape, of one sample.
    let shape: Shape
    var loss = RunningMean()
    /// Those that count every sample once, then those that count its weight.
    var metrics: [any Metric]
    /// The number of the former.
    let unweightedCount: Int
  }

  var loss = RunningMean()
  var outputs: [Output]

  init(_ objectives: [OutputObjective]) {
    var names = MetricNames()
    outputs = objectives.map { objective in
      let prefix = objectives.count > 1 ? objective.name + "_" : ""
      return Output(
        lossName: prefix.isEmpty ? nil : prefix + "loss",
        metricNames: objective.metrics.map { names.name($0.name, prefix: prefix) },
        shape: objective.shape, metrics: objective.metrics + objective.weightedMetrics,
        unweightedCount: objective.metrics.count)
    }
    for (index, objective) in objectives.enumerated() {
      let prefix = objectives.count > 1 ? objective.name + "_" : ""
      outputs[index].metricNames += objective.weightedMetrics.map {
        names.weightedName($0.name, prefix: prefix)
      }
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
          MetricBatch(
            predictions: workspace.outputs(index), targets: batch.targets[index],
            weights: metric < outputs[index].unweightedCount ? nil : batch.weights,
            count: batch.count, outputShape: outputs[index].shape))
      }
    }
  }

  /// Adds a batch to the losses; the penalties are part of the total alone.
  mutating func addLosses(of workspace: Workspace, _ batch: Batch, penalty: Double) {
    for index in outputs.indices {
      outputs[index].loss.add(workspace.meanLoss(index), weight: Double(batch.count))
    }
    loss.add(workspace.meanLoss + penalty, weight: Double(batch.count))
  }

  /// Sets the values; those of metrics are not computed yet.
  func write(to logs: inout Logs) {
    logs["loss"] = loss.value
    for output in outputs {
      if let name = output.lossName { logs[name] = output.loss.value }
      for (name, metric) in zip(output.metricNames, output.metrics) { logs.set(name, to: metric) }
    }
  }

  /// The values.
  var logs: Logs {
    var logs = Logs()
    write(to: &logs)
    logs.settleMetrics()
    return logs
  }
}

/// Makes the names of metrics in logs unique, as Keras does.
private struct MetricNames {
  private var counts: [String: Int] = [:]

  /// The name, with a number appended if it is taken.
  mutating func name(_ name: String, prefix: String) -> String {
    let full = prefix + name
    let count = counts[full, default: 0]
    counts[full] = count + 1
    return count == 0 ? full : "\(full)_\(count)"
  }

  /// The name, with the prefix `weighted_` if it is taken.
  mutating func weightedName(_ name: String, prefix: String) -> String {
    counts[prefix + name] == nil
      ? self.name(name, prefix: prefix) : self.name("weighted_" + name, prefix: prefix)
  }
}
