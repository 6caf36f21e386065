internal import FoundationEssentials
internal import PinionLayers
internal import PinionMetrics
internal import PinionOptimizers
internal import PinionTensor

/// Everything that training changes: the one owner that saves a checkpoint and restores all of it.
///
/// A model has one for its lifetime. Random numbers need no state of their own: they are functions
/// of the model's seed, the step, the epochs begun and the sample's index.
package final class TrainingState {
  // State that outlives a run.

  let weights: Weights
  let optimizer: OptimizerState
  /// The constant that replaces the optimizer's learning rate, if any.
  var learningRateOverride: Double?
  /// The number of epochs begun, over all runs; the order of the samples depends on it.
  private(set) var epochsBegun = 0

  // The current run.

  /// The current epoch and the number of its finished batches.
  private(set) var epoch = 0
  var batch = 0
  var stopRequested = false
  /// The running means of the epoch.
  var totals: EpochTotals
  /// The values of the epoch so far.
  var logs = Logs()
  private(set) var history = History()
  /// The samples that were skipped.
  var skipped = SkippedSamples()
  /// The callbacks that checkpoints know: those that are ``Callback/isCheckpointed``.
  private(set) var callbacks: [any Callback] = []

  init(weights: Weights, optimizer: OptimizerState, objectives: [OutputObjective]) {
    self.weights = weights
    self.optimizer = optimizer
    totals = EpochTotals(objectives)
  }

  // MARK: Progress of a run

  func beginRun(callbacks: [any Callback], initialEpoch: Int = 0) {
    (epoch, batch, stopRequested) = (initialEpoch, 0, false)
    totals.reset()
    logs = Logs()
    history = History(directions: totals.directions)
    skipped = SkippedSamples()
    self.callbacks = callbacks.filter(\.isCheckpointed)
  }

  func endRun() { callbacks = [] }

  func beginEpoch() {
    totals.reset()
    logs = Logs()
    epochsBegun += 1
  }

  /// Records the epoch and moves on to the next one.
  func endEpoch(learningRate: Double) {
    history.record(epoch: epoch, logs: logs, learningRate: learningRate)
    epoch += 1
    batch = 0
  }

  // MARK: Saving and restoring

  /// Writes a checkpoint.
  func save(to file: CheckpointFile, configuration: RunConfiguration) throws {
    let states = try callbacks.map { try $0.saveState() }
    let metrics = totals.outputs.flatMap(\.metrics)
    let record = TrainingRecord(
      configuration: configuration, epoch: epoch, batch: batch, step: optimizer.step,
      scalars: optimizer.scalars, learningRate: learningRateOverride, epochsBegun: epochsBegun,
      stopRequested: stopRequested, loss: totals.loss, outputLosses: totals.outputs.map(\.loss),
      metrics: try metrics.map { try CheckpointCoding.encode($0) }, logs: logs, history: history,
      callbacks: states.map { state in
        state.map { .init(values: $0.values, hasWeights: $0.weights != nil) }
      }, skipped: skipped.isEmpty ? nil : skipped)
    try file.write(
      record,
      tensors: tensors(
        weights.trainable, weights.nonTrainable, slots: optimizer.slots,
        snapshots: states.map { $0?.weights }))
  }

  /// Reads a checkpoint and checks all of it. Changes nothing.
  ///
  /// Throws `FileError` if the file is damaged, malformed, of another format or of another run.
  func read(
    _ file: CheckpointFile, configuration: RunConfiguration, batchesPerEpoch: Int,
    skipLimit: Int = 0, validationSamples: Int = 0
  ) throws -> SavedTraining {
    let (record, source) = try file.read()
    try record.check(
      for: self, configuration: configuration, batchesPerEpoch: batchesPerEpoch,
      skipLimit: skipLimit, validationSamples: validationSamples, in: file)
    let totals = try readTotals(record, file)
    let saved = SavedTraining(
      file: file, record: record, totals: totals,
      weights: WeightsSnapshot(parameters: weights.trainable, state: weights.nonTrainable),
      slots: optimizer.slots.map { AlignedBuffer(count: $0.count) },
      callbackStates: record.callbacks.map { callback in
        callback.map { callback in
          let snapshot =
            callback.hasWeights
            ? WeightsSnapshot(parameters: weights.trainable, state: weights.nonTrainable) : nil
          return CallbackState(values: callback.values, weights: snapshot)
        }
      })
    try readTensors(saved, from: source, file)
    for (callback, state) in zip(callbacks, saved.callbackStates) {
      guard let state else { continue }
      try file.naming(callback) { try callback.check(state: state, epochs: record.epoch) }
    }
    return saved
  }

  private func readTotals(_ record: TrainingRecord, _ file: CheckpointFile) throws -> EpochTotals {
    var totals = totals
    totals.loss = record.loss
    var metrics = record.metrics[...]
    for output in totals.outputs.indices {
      totals.outputs[output].loss = record.outputLosses[output]
      for index in totals.outputs[output].metrics.indices {
        totals.outputs[output].metrics[index] = try file.metric(
          like: totals.outputs[output].metrics[index], from: metrics.removeFirst())
      }
    }
    return totals
  }

  private func readTensors(
    _ saved: SavedTraining, from source: SafeTensorsFile, _ file: CheckpointFile
  ) throws {
    let (parameters, state) = (saved.weights.parameters.view, saved.weights.state.view)
    let tensors = tensors(
      parameters, state, slots: saved.slots, snapshots: saved.callbackStates.map { $0?.weights })
    for tensor in tensors {
      let found = source.entry(named: tensor.name)?.shape
      guard found == tensor.shape else {
        throw file.error(
          "tensor \"\(tensor.name)\"", "shape \(tensor.shape)",
          found.map { "shape \($0)" } ?? "no such tensor")
      }
    }
    for tensor in tensors {
      try source.copyElements(of: tensor.name, into: tensor.elements, shape: tensor.shape)
    }
    for entry in weights.entries {
      let values = (entry.isTrainable ? parameters : state)[entry.range]
      guard let flaw = Weights.flaw(in: values, of: entry) else { continue }
      throw file.error(
        "tensor \"model/\(entry.name)\", element \(flaw.place)", flaw.expected, "\(flaw.value)")
    }
  }

  /// Takes over a checkpoint.
  func restore(_ saved: SavedTraining) throws {
    let record = saved.record
    saved.weights.copy(toParameters: weights.trainable, state: weights.nonTrainable)
    for (slot, source) in zip(optimizer.slots, saved.slots) { slot.view.copy(from: source.view) }
    (optimizer.step, optimizer.scalars) = (record.step, record.scalars)
    (learningRateOverride, epochsBegun) = (record.learningRate, record.epochsBegun)
    (epoch, batch, stopRequested) = (record.epoch, record.batch, record.stopRequested)
    (totals, logs, history) = (saved.totals, record.logs, record.history)
    skipped = record.skipped ?? SkippedSamples()
    for (callback, state) in zip(callbacks, saved.callbackStates) {
      guard let state else { continue }
      try saved.file.naming(callback) { try callback.restore(state: state) }
    }
  }

  /// All tensors of a checkpoint: the parameters, the optimizer's slots, and the weights that
  /// callbacks keep.
  private func tensors(
    _ trainable: MemoryView<Float>, _ nonTrainable: MemoryView<Float>, slots: [AlignedBuffer],
    snapshots: [WeightsSnapshot?]
  ) -> [SafeTensors.Entry] {
    func flat(_ name: String, _ buffer: AlignedBuffer) -> SafeTensors.Entry {
      SafeTensors.Entry(name: name, shape: [buffer.count], elements: buffer.view)
    }
    let parameters = weights.entries.map { entry in
      SafeTensors.Entry(
        name: "model/" + entry.name, shape: entry.shape,
        elements: (entry.isTrainable ? trainable : nonTrainable)[entry.range])
    }
    let kept = snapshots.enumerated().flatMap { index, snapshot -> [SafeTensors.Entry] in
      guard let snapshot else { return [] }
      return [
        flat("callback/\(index)/parameters", snapshot.parameters),
        flat("callback/\(index)/state", snapshot.state),
      ]
    }
    return parameters + zip(optimizer.slotNames, slots).map { flat("optimizer/" + $0, $1) } + kept
  }
}

/// A checkpoint that was read and checked, in memory of its own.
struct SavedTraining {
  let file: CheckpointFile
  let record: TrainingRecord
  let totals: EpochTotals
  let weights: WeightsSnapshot
  let slots: [AlignedBuffer]
  /// The states of the callbacks, in their order; nil for one without.
  let callbackStates: [CallbackState?]
}
