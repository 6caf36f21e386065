internal import FoundationEssentials
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

/// A checkpoint as a safetensors file: tensors by name, all else in the metadata, and a checksum over every byte.
struct CheckpointFile {
  enum Keys {
    static let format = "pinion.checkpoint"
    static let state = "pinion.state"
    static let graph = "pinion.graph"
  }

  /// The version of the format that is written. Version 1 had no checksum.
  static let format = "2"

  /// What is read, and checked: where training stood, and all that a model, metrics and callbacks go on with.
  struct Contents {
    let state: TrainingState
    let metrics: [any Metric]
    /// The states of the callbacks that have one, in the callbacks' order.
    let callbacks: [CallbackState?]
    fileprivate let weights: WeightsSnapshot
    fileprivate let slots: [AlignedBuffer]

    /// Puts weights and the optimizer's state in their places.
    func restore(_ model: Model) {
      weights.copy(toParameters: model.weights.trainable, state: model.weights.nonTrainable)
      let optimizer = model.optimizerState
      for (slot, source) in zip(optimizer.slots, slots) { slot.view.copy(from: source.view) }
      optimizer.step = state.step
      optimizer.scalars = state.scalars
      model.rateOverride = state.learningRate
      model.epochsBegun = state.epochsBegun
    }
  }

  let url: URL

  var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  /// Writes weights, the optimizer's slots, snapshots of callbacks, and the state.
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
    try write(
      entries,
      metadata: [
        Keys.format: Self.format,
        Keys.graph: state.conditions.graph,
        Keys.state: String(decoding: try CheckpointCoding.encode(state), as: UTF8.self),
      ])
  }

  /// Writes tensors and texts with their checksum.
  func write(_ entries: [SafeTensors.Entry], metadata: [String: String]) throws {
    var metadata = metadata
    metadata[ChecksumField.key] = ChecksumField.blank
    try SafeTensors.write(entries, metadata: metadata, to: url) { header in
      ChecksumField.fill(&header, elements: entries.map(\.elements))
    }
  }

  /// Reads a checkpoint and checks all of it; changes nothing.
  ///
  /// Throws `FileError` if the file is damaged, broken, of another format, or of another run.
  func read(for model: Model, run: TrainingState.Place) throws -> Contents {
    let reader = try FileReader(url)
    try ChecksumField.verify(reader)
    let file = try SafeTensorsFile(reader)
    let state = try readState(file)
    try state.check(run, scalars: model.optimizerState.scalars.count) { place, expected, found in
      error(place, expected, found)
    }
    let metrics = try zip(run.metrics, state.metrics).map { metric, data in
      try decode(like: metric, from: data)
    }
    try checkTensors(file, state, model)
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
    let callbacks = try state.callbacks.enumerated().map { index, saved -> CallbackState? in
      guard let saved else { return nil }
      guard saved.hasWeights else { return CallbackState(values: saved.values, weights: nil) }
      let snapshot = WeightsSnapshot(parameters: trainable, state: nonTrainable)
      try copy(file, parameters(index), into: snapshot.parameters)
      try copy(file, self.state(index), into: snapshot.state)
      return CallbackState(values: saved.values, weights: snapshot)
    }
    for (index, callback) in run.callbacks.enumerated() {
      guard let saved = callbacks[index] else { continue }
      try named(callback) { try callback.checkState(saved, epochs: state.epoch) }
    }
    return Contents(
      state: state, metrics: metrics, callbacks: callbacks, weights: weights, slots: slots)
  }

  /// Does something with a callback's state; what is wrong with it becomes a `FileError` that names the callback.
  func named(_ callback: any Callback, _ body: () throws -> Void) throws {
    let place = "the state of \(type(of: callback))"
    do {
      try body()
    } catch let problem as DecodingError {
      let (field, found) = problem.inWords
      throw error(field.isEmpty ? place : "\(place): \(field)", "what it saves", found)
    } catch CallbackError.invalidState(_, let value, let expected, let found) {
      throw error("\(place): \(value)", expected, found)
    }
  }

  private func readState(_ file: SafeTensorsFile) throws -> TrainingState {
    guard let format = file.metadata[Keys.format] else {
      throw error("metadata \"\(Keys.format)\"", "a checkpoint's format", "nothing")
    }
    guard format == Self.format else {
      let words = format == "1" ? ", of an earlier version of Pinion, without a checksum" : ""
      throw error("metadata \"\(Keys.format)\"", Self.format, format + words)
    }
    guard file.metadata[ChecksumField.key] != nil else {
      throw error("metadata \"\(ChecksumField.key)\"", "a checksum", "nothing")
    }
    let place = "metadata \"\(Keys.state)\""
    guard let text = file.metadata[Keys.state] else {
      throw error(place, "the state of training", "nothing")
    }
    let data = Data(text.utf8)
    try JSONDocument.check(data, file: url.path, place: place)
    do {
      return try CheckpointCoding.decode(TrainingState.self, from: data)
    } catch let problem as DecodingError {
      let (field, found) = problem.inWords
      throw error("\(place): \(field)", "the state of training", found)
    }
  }

  private func decode(like metric: any Metric, from data: Data) throws -> any Metric {
    func decode<Kind: Metric & Codable>(_ metric: Kind) throws -> any Metric {
      try CheckpointCoding.decode(Kind.self, from: data)
    }
    guard let codable = metric as? any Metric & Codable else { return metric }
    let place = "metric \"\(metric.name)\""
    do {
      let decoded = try decode(codable)
      guard decoded.name == metric.name else { throw error(place, metric.name, decoded.name) }
      return decoded
    } catch let problem as DecodingError {
      let (field, found) = problem.inWords
      throw error("\(place): \(field)", "what it saves", found)
    }
  }

  /// Throws unless the file has all tensors that will be read, before memory is asked for.
  private func checkTensors(
    _ file: SafeTensorsFile, _ state: TrainingState, _ model: Model
  ) throws {
    func require(_ name: String, _ shape: Shape) throws {
      guard let found = file.entry(named: name), found.shape == shape else {
        throw error(
          "tensor \"\(name)\"", "shape \(shape)",
          file.entry(named: name).map { "shape \($0.shape)" } ?? "no such tensor")
      }
    }
    for entry in model.weights.entries { try require("model/" + entry.name, entry.shape) }
    for name in model.optimizerState.slotNames {
      try require("optimizer/" + name, [model.optimizerState.parameterCount])
    }
    for (index, saved) in state.callbacks.enumerated() where saved?.hasWeights == true {
      try require(parameters(index), [model.weights.trainable.count])
      try require(self.state(index), [model.weights.nonTrainable.count])
    }
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
