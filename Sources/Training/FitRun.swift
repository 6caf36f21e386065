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
  private let checkpointing: Checkpointing?
  private var history: History
  private var metrics: [any Metric]
  private var loss = RunningMean()
  private var logs = Logs()
  /// The epoch under way, and how many of its batches are done.
  private var epoch = 0
  private var batch = 0
  private var isInterrupted = false
  private(set) var isResumed = false
  /// The skipped samples that were reported.
  private var reported: Set<String> = []

  init(
    model: Model, loader: BatchLoader, validation: (any Dataset)?, epochs: Int, shuffle: Bool,
    callbacks: [any Callback], checkpointing: Checkpointing?
  ) {
    self.model = model
    self.loader = loader
    self.validation = validation
    self.epochs = epochs
    self.shuffle = shuffle
    self.callbacks = callbacks
    self.checkpointing = checkpointing
    metrics = model.metrics
    history = History(directions: model.metricDirections)
  }

  // MARK: What callbacks see

  var batchesPerEpoch: Int { (trainingCount - 1) / batchSize + 1 }
  var batchSize: Int { loader.batchSize }
  var trainingCount: Int { loader.dataset.count }
  var metricDirections: [String: MetricDirection] { model.metricDirections }

  var learningRate: Double {
    get { model.learningRate }
    set { model.learningRate = newValue }
  }

  /// The rate of the last update.
  private var lastLearningRate: Double {
    model.rateOverride
      ?? model.optimizer.learningRate.rate(at: max(0, model.optimizerState.step - 1))
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
    // First of all, while nothing is opened or emptied yet: a checkpoint that is broken or another run's must not cost the
    // files of this one's callbacks.
    try validate()
    let lock = try checkpointing.map { try FileLock(file: $0.file) }
    defer { withExtendedLifetime(lock) {} }
    let saved = try readCheckpoint()
    isResumed = saved != nil
    var begun = 0
    do {
      for callback in callbacks {
        try callback.trainingWillBegin(self)
        begun += 1
      }
      if let saved { try resume(saved) }
      while epoch < epochs, !stopRequested, !isInterrupted { try runEpoch() }
    } catch {
      try? end(callbacks.prefix(begun), logs: logs)
      throw error
    }
    try end(callbacks[...], logs: logs)
    return history
  }

  /// Throws if it is known that something will go wrong later.
  private func validate() throws {
    var logs = ExpectedLogs(metrics: metrics.map(\.name), isValidated: validation != nil)
    for callback in callbacks {
      try callback.validate(self, logs: logs)
      logs.add(callback)
    }
    guard let checkpointing else { return }
    for metric in metrics { _ = try Self.encode(metric) }
    try AtomicFile.checkWritable(checkpointing.file)
  }

  /// Tells all that training ends, even if one throws; then throws what the first one did.
  private func end(_ callbacks: ArraySlice<any Callback>, logs: Logs) throws {
    var failure: (any Error)?
    for callback in callbacks {
      do { try callback.trainingDidEnd(logs: logs, self) } catch { failure = failure ?? error }
    }
    if let failure { throw failure }
  }

  private func runEpoch() throws {
    if batch == 0 {
      for callback in callbacks { try callback.epochWillBegin(epoch, self) }
      for index in metrics.indices { metrics[index].reset() }
      loss.reset()
      logs = Logs()
      model.epochsBegun += 1
    } else {
      for callback in callbacks { try callback.epochWillResume(epoch, batch: batch, self) }
    }
    try train()
    report(loader.skippedSamples, of: "training")
    let rate = lastLearningRate
    guard !isInterrupted || batch == batchesPerEpoch else { return }
    if let validation {
      let evaluation = try model.evaluate(
        validation, batchSize: batchSize, onReadFailure: loader.readFailurePolicy)
      report(evaluation.skippedSamples, of: "validation")
      for (name, value) in evaluation.logs { logs["val_" + name] = value }
    }
    for callback in callbacks { try callback.epochDidEnd(epoch, logs: &logs, self) }
    history.record(epoch: epoch, logs: logs, learningRate: rate)
    epoch += 1
    batch = 0
    if let checkpointing,
      checkpointing.isDue(afterEpoch: epoch - 1) || isInterrupted || stopRequested
        || epoch == epochs
    {
      try save(to: checkpointing.file)
    }
  }

  /// Tells on standard error which samples were skipped, each once in a run.
  private func report(_ skipped: [SampleError], of part: String) {
    for error in skipped where reported.insert("\(part) \(error.index)").inserted {
      Notice.show("skipped, \(part) data: \(error)")
    }
  }

  private func train() throws {
    try checkRate()
    try startEpoch()
    let classes = model.graph.outputShape.last ?? 1
    while !isInterrupted, let samples = try loader.next() {
      if samples.count > 0 { try step(samples, classes: classes) }
      logs["loss"] = loss.value
      for metric in metrics { logs[metric.name] = metric.value }
      for callback in callbacks { try callback.batchDidEnd(batch, logs: logs, self) }
      try checkRate()
      batch += 1
      if let checkpointing, batch < batchesPerEpoch,
        isInterrupted || checkpointing.isDue(afterBatch: batch - 1)
      {
        try save(to: checkpointing.file)
      }
      if batch == batchesPerEpoch { try examineUpdate(by: samples) }
    }
  }

  private func step(_ samples: Batch, classes: Int) throws {
    do {
      let workspace = try model.trainStep(
        inputs: samples.input, targets: samples.target, count: samples.count
      ) { workspace in
        for index in metrics.indices {
          try metrics[index].add(
            predictions: workspace.outputs(), targets: samples.target, count: samples.count,
            classes: classes)
        }
      }
      loss.add(workspace.meanLoss, weight: Double(samples.count))
    } catch let error as TrainingError {
      throw error.at(epoch: epoch, batch: batch)
    }
  }

  /// Looks at the weights that the last update of an epoch left, before they are evaluated, saved or handed on.
  private func examineUpdate(by samples: Batch) throws {
    guard samples.count > 0 else { return }
    do {
      try model.requireFiniteLoss(
        inputs: samples.input, targets: samples.target, count: samples.count)
    } catch let error as TrainingError {
      throw error.at(epoch: epoch, batch: batch - 1)
    }
  }

  /// Throws if somebody set a learning rate that makes no sense, which a checkpoint of it would be refused for.
  private func checkRate() throws {
    guard let rate = model.rateOverride, !(rate >= 0 && rate.isFinite) else { return }
    throw TrainingError.argument(
      "the learning rate", expected: "0 or more, finite", found: "\(rate)")
  }

  /// Starts the loader where the epoch stands; which samples are left depends on the seed, the epoch and the batches done alone.
  private func startEpoch() throws {
    var order: [Int]?
    if shuffle {
      order = BatchLoader.shuffledOrder(
        count: trainingCount, seed: model.seed, epoch: model.epochsBegun - 1)
    } else if batch > 0 {
      order = Array(0..<trainingCount)
    }
    try loader.startEpoch(
      order: order.map { Array($0.dropFirst(batch * batchSize)) }, epoch: model.epochsBegun - 1)
  }

  // MARK: Checkpoints

  /// The callbacks that a checkpoint knows of: whether progress is shown makes no other run.
  private var lasting: [any Callback] { callbacks.filter { !($0 is ProgressBar) } }

  private func save(to file: URL) throws {
    let states = try lasting.map { try $0.saveState() }
    let state = TrainingState(
      conditions: try conditions(), epoch: epoch, batch: batch, step: model.optimizerState.step,
      scalars: model.optimizerState.scalars, learningRate: model.rateOverride,
      epochsBegun: model.epochsBegun, stopRequested: stopRequested, loss: loss,
      metrics: try metrics.map(Self.encode), logs: logs, history: history,
      callbacks: states.map { state in
        state.map { .init(values: $0.values, hasWeights: $0.weights != nil) }
      })
    try CheckpointFile(url: file).write(state, model: model, snapshots: states.map { $0?.weights })
  }

  private func readCheckpoint() throws -> CheckpointFile.Contents? {
    guard let checkpointing, checkpointing.resumes else { return nil }
    let file = CheckpointFile(url: checkpointing.file)
    guard file.exists else { return nil }
    return try file.read(
      for: model,
      run: .init(
        conditions: try conditions(), batchesPerEpoch: batchesPerEpoch,
        directions: metricDirections, metrics: metrics, callbacks: lasting))
  }

  private func resume(_ saved: CheckpointFile.Contents) throws {
    saved.restore(model)
    let state = saved.state
    (epoch, batch, history, loss, logs) =
      (state.epoch, state.batch, state.history, state.loss, state.logs)
    stopRequested = state.stopRequested
    metrics = saved.metrics
    guard let file = checkpointing.map({ CheckpointFile(url: $0.file) }) else { return }
    for (callback, state) in zip(lasting, saved.callbacks) {
      guard let state else { continue }
      try file.named(callback) { try callback.restoreState(state) }
    }
  }

  private static func encode(_ metric: any Metric) throws -> Data {
    guard let metric = metric as? any Metric & Codable else {
      throw TrainingError.argument(
        "metric \"\(metric.name)\"", expected: "a Codable one, to be kept in checkpoints",
        found: "\(type(of: metric))")
    }
    return try CheckpointCoding.encode(metric)
  }

  private func conditions() throws -> TrainingState.Conditions {
    func text(_ value: some Encodable) throws -> String {
      String(decoding: try CheckpointCoding.encode(value), as: UTF8.self)
    }
    let classes = try loader.dataset.classNames.map { ["class names": try text($0)] } ?? [:]
    return TrainingState.Conditions(
      graph: String(decoding: try model.graph.configuration(), as: UTF8.self),
      optimizer: type(of: model.optimizer).typeName + " " + (try text(model.optimizer)),
      loss: type(of: model.loss).typeName + " " + (try text(model.loss)), seed: model.seed,
      batchSize: batchSize, samples: trainingCount, shuffle: shuffle,
      metrics: metrics.map(\.name), callbacks: lasting.map { "\(type(of: $0))" },
      settings: (checkpointing?.settings ?? [:]).merging(classes) { given, _ in given })
  }
}
