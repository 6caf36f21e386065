internal import FoundationEssentials
internal import PinionLayers
internal import PinionTensor

/// A checkpoint as a safetensors file: tensors by name, all else in the metadata.
struct CheckpointFile {
  private enum Keys {
    static let format = "pinion.checkpoint"
    static let state = "pinion.state"
    static let graph = "pinion.graph"
  }

  /// The version of the format that is written.
  private static let format = "1"

  /// What is read: where training stood, and the weights that callbacks hold.
  typealias Contents = (state: TrainingState, snapshots: [WeightsSnapshot?])

  let url: URL

  var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  /// Writes weights, the optimiser's slots, snapshots of callbacks, and the state.
  func write(_ state: TrainingState, model: Model, snapshots: [WeightsSnapshot?]) throws {
    var entries = model.weights.entries.map {
      SafeTensors.Entry(
        name: "model/" + $0.name, shape: $0.shape, elements: model.weights.view(of: $0))
    }
    let optimizer = model.optimizerState
    for (name, slot) in zip(optimizer.slotNames, optimizer.slots) {
      entries.append(flat("optimizer/" + name, slot.view))
    }
    for (index, snapshot) in snapshots.enumerated() {
      guard let snapshot else { continue }
      entries.append(flat(parameters(index), snapshot.parameters.view))
      entries.append(flat(self.state(index), snapshot.state.view))
    }
    try SafeTensors.write(
      entries,
      metadata: [
        Keys.format: Self.format,
        Keys.graph: state.conditions.graph,
        Keys.state: String(decoding: try CheckpointCoding.encode(state), as: UTF8.self),
      ], to: url)
  }

  /// Reads a checkpoint and puts weights and the optimiser's state in their places.
  ///
  /// Throws `FileError` if the file is broken, of another format, or of another run; then nothing is changed.
  func read(
    into model: Model, conditions: TrainingState.Conditions, batchesPerEpoch: Int
  ) throws -> Contents {
    let file = try SafeTensorsFile(contentsOf: url)
    let state = try readState(file)
    try check(state.conditions, conditions)
    let isConsistent =
      state.epoch >= 0 && (0..<max(1, batchesPerEpoch)).contains(state.batch) && state.step >= 0
      && state.epochsBegun >= (state.batch > 0 ? 1 : 0)
      && state.scalars.count == model.optimizerState.scalars.count
      && state.metrics.count == conditions.metrics.count
      && state.callbacks.count == conditions.callbacks.count
    guard isConsistent else {
      throw error(
        "metadata \"\(Keys.state)\"", "a place in a run of \(batchesPerEpoch) batches an epoch",
        "epoch \(state.epoch), batch \(state.batch), step \(state.step)")
    }
    let (trainable, nonTrainable) = (model.weights.trainable, model.weights.nonTrainable)
    let weights = WeightsSnapshot(parameters: trainable, state: nonTrainable)
    for entry in model.weights.entries {
      let target = (entry.isTrainable ? weights.parameters.view : weights.state.view)[entry.range]
      try file.copyElements(of: "model/" + entry.name, into: target, shape: entry.shape)
      if let flaw = Weights.flaw(in: target, of: entry) {
        throw error(
          "tensor \"model/\(entry.name)\", element \(flaw.place)", flaw.expected, "\(flaw.value)")
      }
    }
    let optimizer = model.optimizerState
    let slots = try optimizer.slotNames.map { name in
      let slot = AlignedBuffer(count: optimizer.parameterCount)
      try copy(file, "optimizer/" + name, into: slot)
      return slot
    }
    let snapshots = try state.callbacks.indices.map { index -> WeightsSnapshot? in
      guard state.callbacks[index]?.hasWeights == true else { return nil }
      let snapshot = WeightsSnapshot(parameters: trainable, state: nonTrainable)
      try copy(file, parameters(index), into: snapshot.parameters)
      try copy(file, self.state(index), into: snapshot.state)
      return snapshot
    }
    weights.copy(toParameters: trainable, state: nonTrainable)
    for (slot, source) in zip(optimizer.slots, slots) { slot.view.copy(from: source.view) }
    optimizer.step = state.step
    optimizer.scalars = state.scalars
    return Contents(state, snapshots)
  }

  private func readState(_ file: SafeTensorsFile) throws -> TrainingState {
    guard let format = file.metadata[Keys.format] else {
      throw error("metadata \"\(Keys.format)\"", "a checkpoint's format", "nothing")
    }
    guard format == Self.format else {
      throw error("metadata \"\(Keys.format)\"", Self.format, format)
    }
    guard let text = file.metadata[Keys.state] else {
      throw error("metadata \"\(Keys.state)\"", "the state of training", "nothing")
    }
    do {
      return try CheckpointCoding.decode(TrainingState.self, from: Data(text.utf8))
    } catch let problem as DecodingError {
      throw error("metadata \"\(Keys.state)\"", "the state of training", "\(problem)")
    }
  }

  /// Throws for all conditions in which the checkpoint's run differs from this one.
  private func check(
    _ found: TrainingState.Conditions, _ expected: TrainingState.Conditions
  ) throws {
    guard found != expected else { return }
    let differences = expected.differences(from: found)
    func list(_ values: [(name: String, value: String)]) -> String {
      values.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
    }
    throw error(
      "what training depends on",
      list(differences.map { ($0.name, $0.value) }) + ", as in this run",
      list(differences.map { ($0.name, $0.other) }))
  }

  private func copy(_ file: SafeTensorsFile, _ name: String, into buffer: AlignedBuffer) throws {
    try file.copyElements(of: name, into: buffer.view, shape: [buffer.count])
  }

  private func flat(_ name: String, _ view: MemoryView<Float>) -> SafeTensors.Entry {
    SafeTensors.Entry(name: name, shape: [view.count], elements: view)
  }

  private func parameters(_ index: Int) -> String { "callback/\(index)/parameters" }

  private func state(_ index: Int) -> String { "callback/\(index)/state" }

  private func error(_ place: String, _ expected: String, _ found: String) -> FileError {
    FileError(file: url.path, place: place, expected: expected, found: found)
  }
}
