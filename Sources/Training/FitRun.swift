internal import FoundationEssentials
internal import PinionData
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

/// One call of `fit`, as callbacks see it.
final class FitRun: TrainingRun {
  let epochs: Int
  var stopRequested = false
  private let model: Model
  private let loader: BatchLoader
  private let validation: (any Dataset)?
  private let shuffle: Bool
  private let callbacks: [any Callback]
  private var history: History
  private var metrics: [any Metric]
  private var isInterrupted = false

  init(
    model: Model, loader: BatchLoader, validation: (any Dataset)?, epochs: Int, shuffle: Bool,
    callbacks: [any Callback]
  ) {
    self.model = model
    self.loader = loader
    self.validation = validation
    self.epochs = epochs
    self.shuffle = shuffle
    self.callbacks = callbacks
    metrics = model.metrics
    history = History(directions: model.metricDirections)
  }

  // MARK: What callbacks see

  var batchesPerEpoch: Int { (trainingCount + batchSize - 1) / batchSize }
  var batchSize: Int { loader.batchSize }
  var trainingCount: Int { loader.dataset.count }
  var metricDirections: [String: MetricDirection] { model.metricDirections }

  var learningRate: Double {
    get { model.learningRate }
    set { model.learningRate = newValue }
  }

  func interrupt() { isInterrupted = true }

  func weightsSnapshot() -> WeightsSnapshot {
    WeightsSnapshot(parameters: model.weights.trainable, state: model.weights.nonTrainable)
  }

  func updateSnapshot(_ snapshot: WeightsSnapshot) {
    snapshot.update(parameters: model.weights.trainable, state: model.weights.nonTrainable)
  }

  func restoreWeights(_ snapshot: WeightsSnapshot) {
    snapshot.copy(toParameters: model.weights.trainable, state: model.weights.nonTrainable)
  }

  func saveWeights(to file: URL) throws { try model.saveWeights(to: file) }

  // MARK: Training

  func run() throws -> History {
    for callback in callbacks { try callback.trainingWillBegin(self) }
    var logs = Logs()
    do {
      for epoch in 0..<epochs where !stopRequested && !isInterrupted {
        logs = try runEpoch(epoch)
      }
    } catch {
      for callback in callbacks { try? callback.trainingDidEnd(logs: logs, self) }
      throw error
    }
    for callback in callbacks { try callback.trainingDidEnd(logs: logs, self) }
    return history
  }

  private func runEpoch(_ epoch: Int) throws -> Logs {
    for callback in callbacks { try callback.epochWillBegin(epoch, self) }
    var logs = try train(epoch)
    guard !isInterrupted else { return logs }
    if let validation {
      let evaluation = try model.evaluate(validation, batchSize: batchSize)
      for (name, value) in evaluation.logs { logs["val_" + name] = value }
    }
    for callback in callbacks { try callback.epochDidEnd(epoch, logs: &logs, self) }
    history.record(epoch: epoch, logs: logs)
    return logs
  }

  private func train(_ epoch: Int) throws -> Logs {
    try loader.startEpoch(
      order: shuffle
        ? BatchLoader.shuffledOrder(
          count: trainingCount, seed: model.seed, epoch: model.epochsBegun) : nil,
      epoch: model.epochsBegun)
    model.epochsBegun += 1
    for index in metrics.indices { metrics[index].reset() }
    var loss = RunningMean()
    var logs = Logs()
    var number = 0
    while !isInterrupted, let batch = loader.next() {
      do {
        let workspace = try model.trainStep(
          inputs: batch.inputs, targets: batch.targets, count: batch.count)
        loss.add(workspace.meanLoss, weight: Double(batch.count))
        for index in metrics.indices {
          try metrics[index].add(
            predictions: workspace.outputs, targets: batch.targets, count: batch.count)
        }
      } catch let error as TrainingError {
        throw error.at(epoch: epoch, batch: number)
      }
      logs["loss"] = loss.value
      for metric in metrics { logs[metric.name] = metric.value }
      for callback in callbacks { try callback.batchDidEnd(number, logs: logs, self) }
      number += 1
    }
    return logs
  }
}
