internal import FoundationEssentials
internal import PinionData
internal import PinionLayers
internal import PinionMetrics
internal import PinionOptimizers
internal import PinionTensor

/// One call of `fit`: the loop over epochs and batches, as callbacks see it.
///
/// What the loop changes is in the model's ``TrainingState``.
final class FitRun: TrainingRun {
  let epochs: Int
  let model: Model
  let state: TrainingState
  let loader: BatchLoader
  let validation: (any Dataset)?
  let shuffle: Bool
  let schedule: FitSchedule
  let classFactors: ClassWeightedDataset.Factors?
  private let onNonFinite: NonFinitePolicy
  /// The callbacks whose hooks this rank calls.
  private let callbacks: [any Callback]
  private let allCallbacks: [any Callback]
  let checkpointing: Checkpointing?
  private(set) var isInterrupted = false
  /// Whether a number was not finite.
  private var hasFailed = false
  private(set) var isResumed = false
  /// The number of the loader's skipped samples that were reported.
  private var reportedTraining = 0
  /// The skipped validation samples that were reported.
  private var reportedValidation: Set<Int> = []

  init(
    model: Model, loader: BatchLoader, validation: (any Dataset)?, epochs: Int, shuffle: Bool,
    schedule: FitSchedule, classFactors: ClassWeightedDataset.Factors?,
    onNonFinite: NonFinitePolicy, callbacks: [any Callback], checkpointing: Checkpointing?
  ) {
    self.model = model
    state = model.state
    self.loader = loader
    self.validation = validation
    self.epochs = epochs
    self.shuffle = shuffle
    self.schedule = schedule
    self.classFactors = classFactors
    self.onNonFinite = onNonFinite
    allCallbacks = callbacks
    self.callbacks = model.isFirstRank ? callbacks : callbacks.filter { !$0.runsOnFirstRankOnly }
    self.checkpointing = checkpointing
  }

  // MARK: Callbacks' view

  var batchesPerEpoch: Int { (sampleCount - 1) / batchSize + 1 }
  var batchSize: Int { loader.batchSize }

  var sampleCount: Int {
    let all = loader.dataset.count
    return schedule.stepsPerEpoch.map { min($0 * batchSize, all) } ?? all
  }

  var metricDirections: [String: MetricDirection] { state.totals.directions }

  var stopRequested: Bool {
    get { state.stopRequested }
    set { state.stopRequested = newValue }
  }

  var learningRate: Double {
    get { model.learningRate }
    set { model.learningRate = newValue }
  }

  /// The rate of the last update.
  private var lastLearningRate: Double {
    state.learningRateOverride ?? model.optimizer.learningRate.rate(at: max(0, model.steps - 1))
  }

  func isValidated(epoch: Int) -> Bool {
    validation != nil && schedule.isValidated(epoch: epoch)
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

  func saveWeights(to file: URL) throws {
    if model.isFirstRank { try model.saveWeights(to: file) }
  }

  // MARK: Training

  func run() throws -> History {
    state.beginRun(callbacks: allCallbacks, initialEpoch: schedule.initialEpoch)
    defer { state.endRun() }
    // Before callbacks open or truncate files: if the checkpoint cannot be resumed, files are
    // unchanged.
    try validate()
    if model.communicator != nil { try requireAgreement(configuration()) }
    let lock =
      try model.isFirstRank ? checkpointing.map { try FileLock(file: $0.file) } : nil
    defer { withExtendedLifetime(lock) {} }
    let saved = try readCheckpoint()
    isResumed = saved != nil
    // After validation: a rejected call changes nothing.
    if model.classNames == nil { model.classNames = loader.dataset.classNames }
    var begun = 0
    do {
      for callback in callbacks {
        try callback.trainingWillBegin(run: self)
        begun += 1
      }
      if let saved {
        try state.restore(saved)
        loader.countSkipped(state.skipped.training)
        reportedValidation = Set(state.skipped.validation)
      }
      agreeOnStop()
      while state.epoch < epochs, !stopRequested, !isInterrupted { try runEpoch() }
      // As Keras, before callbacks restore weights of their own.
      state.optimizer.useAverage(model.optimizer, parameters: model.weights.trainable)
    } catch {
      try? end(callbacks.prefix(begun))
      throw error
    }
    try end(callbacks[...])
    return state.history
  }

  /// Throws errors that would occur later.
  private func validate() throws {
    var logs = ExpectedLogs(
      measured: Set(state.totals.directions.keys), isValidated: validation != nil)
    for callback in allCallbacks {
      if model.isFirstRank || !callback.runsOnFirstRankOnly {
        try callback.validate(run: self, logs: logs)
      }
      logs.add(callback)
    }
    if let checkpointing, model.isFirstRank { try AtomicFile.checkWritable(checkpointing.file) }
  }

  /// Calls ``Callback/trainingDidEnd(logs:run:)`` of all callbacks, then throws the first error.
  private func end(_ callbacks: ArraySlice<any Callback>) throws {
    var failure: (any Error)?
    for callback in callbacks {
      do {
        try callback.trainingDidEnd(logs: state.logs, run: self)
      } catch {
        failure = failure ?? error
      }
    }
    if let failure { throw failure }
  }

  private func runEpoch() throws {
    if state.batch == 0 {
      for callback in callbacks { try callback.epochWillBegin(epoch: state.epoch, run: self) }
      state.beginEpoch()
    } else {
      for callback in callbacks {
        try callback.epochWillResume(epoch: state.epoch, batch: state.batch, run: self)
      }
    }
    try train()
    let rate = lastLearningRate
    guard !hasFailed, !isInterrupted || state.batch == batchesPerEpoch else { return }
    try endEpoch(rate: rate)
    agreeOnStop()
    let isLast = isInterrupted || stopRequested || state.epoch == epochs
    if let checkpointing, isLast || checkpointing.isDue(afterEpoch: state.epoch - 1) {
      try writeCheckpoint(to: checkpointing.file)
    }
  }

  /// Validates, and notifies the callbacks.
  private func endEpoch(rate: Double) throws {
    state.logs.settleMetrics()
    let usesAverage = model.optimizer.unwrapped.usesAverageAtEpochEnd
    if usesAverage { swapAverage() }
    defer { if usesAverage { swapAverage() } }
    if let validation, schedule.isValidated(epoch: state.epoch) {
      let evaluation = try model.evaluate(
        validation, batchSize: batchSize, steps: schedule.validationSteps,
        onReadFailure: loader.readFailurePolicy)
      reportSkippedValidation(evaluation.skippedSamples)
      for (name, value) in evaluation.logs { state.logs["val_" + name] = value }
    }
    for callback in callbacks {
      try callback.epochDidEnd(epoch: state.epoch, logs: &state.logs, run: self)
    }
    state.endEpoch(learningRate: rate)
  }

  private func swapAverage() {
    state.optimizer.swapAverage(model.optimizer, parameters: model.weights.trainable)
  }

  /// Warns which training samples were skipped, each once in a run.
  private func reportSkippedTraining() {
    for error in loader.skippedSamples.dropFirst(reportedTraining) {
      state.skipped.training.append(error.index)
      Log.warn("skipped, training data: \(error)")
    }
    reportedTraining = loader.skippedSamples.count
  }

  /// Warns which validation samples were skipped, each once in a run.
  private func reportSkippedValidation(_ skipped: [SampleError]) {
    for error in skipped where reportedValidation.insert(error.index).inserted {
      state.skipped.validation.append(error.index)
      Log.warn("skipped, validation data: \(error)")
    }
  }

  private func train() throws {
    try checkLearningRate()
    try startLoader()
    // After an interruption before its first batch, a checkpoint could not tell that the epoch has
    // begun; and other ranks learn of it after a batch.
    var isFirst = true
    while isFirst || !isInterrupted, let samples = try loader.next() {
      isFirst = false
      if !samples.skipped.isEmpty {
        reportSkippedTraining()
      }
      if samples.count > 0 {
        do {
          try step(samples)
        } catch let error as TrainingError where onNonFinite == .stop && error.isNonFinite {
          return stop(error)
        }
      }
      state.totals.write(to: &state.logs)
      for callback in callbacks {
        try callback.batchDidEnd(batch: state.batch, logs: state.logs, run: self)
      }
      agreeOnStop()
      try checkLearningRate()
      state.batch += 1
      // Before a checkpoint that no further step would examine.
      if isInterrupted || state.batch == batchesPerEpoch {
        do {
          try checkLastUpdate(by: samples)
        } catch let error as TrainingError where onNonFinite == .stop && error.isNonFinite {
          return stop(error)
        }
      }
      if let checkpointing, state.batch < batchesPerEpoch,
        isInterrupted || checkpointing.isDue(afterBatch: state.batch - 1)
      {
        try writeCheckpoint(to: checkpointing.file)
      }
    }
  }

  /// Ends training after a number that is not finite: the epoch is neither validated nor recorded.
  private func stop(_ error: TrainingError) {
    Log.warn("training stops: \(error)")
    isInterrupted = true
    hasFailed = true
  }

  /// Makes one update and adds the batch to the totals.
  private func step(_ samples: Batch) throws {
    do {
      let workspace = try model.trainStep(samples) {
        state.logs.releaseMetrics()
        try state.totals.addMetrics(of: $0, samples)
      }
      state.totals.addLosses(of: workspace, samples, penalty: model.lastPenalty)
    } catch {
      // What was released.
      state.totals.write(to: &state.logs)
      guard let error = error as? TrainingError else { throw error }
      throw error.at(epoch: state.epoch, batch: state.batch)
    }
  }

  /// Throws if a callback set an invalid learning rate; a checkpoint of it could not be resumed.
  private func checkLearningRate() throws {
    if let rate = state.learningRateOverride { try Model.require(learningRate: rate) }
  }
}
