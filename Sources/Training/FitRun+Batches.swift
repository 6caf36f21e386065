internal import FoundationEssentials
internal import PinionData
internal import PinionTensor

/// Which samples an epoch's batches contain, and the check of the last one.
extension FitRun {
  /// Starts the loader at the position in the epoch. Which samples are left depends only on the
  /// seed, the epoch and the number of finished batches.
  func startLoader() throws {
    var order = sampleOrder()
    if order == nil, state.batch > 0 || sampleCount < loader.dataset.count {
      order = Array(0..<sampleCount)
    }
    try loader.startEpoch(
      order: order.map { Array($0.prefix(sampleCount).dropFirst(state.batch * batchSize)) },
      epoch: state.epochsBegun - 1, isContinued: state.totals.loss.weight > 0)
  }

  /// The order of the samples in the epoch under way; nil for the natural one.
  func sampleOrder() -> [Int]? {
    guard shuffle else { return nil }
    return BatchLoader.shuffledOrder(
      count: loader.dataset.count, seed: model.seed, epoch: state.epochsBegun - 1)
  }

  /// Checks the weights after the last update of an epoch or before an interruption, before they
  /// are evaluated or saved.
  func checkLastUpdate(by samples: Batch) throws {
    var batch = state.batch - 1
    do {
      if samples.count > 0 { return try model.requireFiniteLoss(samples) }
      // All samples were skipped, and those of the last update are no longer in memory.
      let again = try BatchLoader(
        loader.dataset, batchSize: batchSize, onReadFailure: .skip(limit: .max), pool: model.pool)
      let (order, epoch) = (sampleOrder(), state.epochsBegun - 1)
      while batch > 0 {
        batch -= 1
        let places = batch * batchSize..<min(sampleCount, (batch + 1) * batchSize)
        try again.startEpoch(
          order: places.map { order?[$0] ?? $0 }, epoch: epoch, isContinued: true)
        guard let samples = try again.next(), samples.count > 0 else { continue }
        return try model.requireFiniteLoss(samples)
      }
    } catch let error as TrainingError {
      throw error.at(epoch: state.epoch, batch: batch)
    }
  }
}

extension FitRun {
  /// Writes a checkpoint, on the first rank.
  func writeCheckpoint(to file: URL) throws {
    guard model.isFirstRank else { return }
    try state.save(to: CheckpointFile(url: file), configuration: configuration())
  }

  func readCheckpoint() throws -> SavedTraining? {
    guard let checkpointing, checkpointing.resumes else { return nil }
    let file = CheckpointFile(url: checkpointing.file)
    guard file.exists else { return nil }
    let limit = if case .skip(let limit) = loader.readFailurePolicy { limit } else { 0 }
    return try state.read(
      file, configuration: configuration(), batchesPerEpoch: batchesPerEpoch, skipLimit: limit,
      validationSamples: validation?.count ?? 0)
  }

  func configuration() throws -> RunConfiguration {
    var settings = checkpointing?.settings ?? [:]
    if let names = loader.dataset.classNames, settings["class names"] == nil {
      settings["class names"] = String(decoding: try CheckpointCoding.encode(names), as: UTF8.self)
    }
    if let classFactors { settings["class weights"] = classFactors.description }
    return try RunConfiguration(
      model: model, callbacks: state.callbacks, batchSize: batchSize,
      samples: loader.dataset.count, shuffle: shuffle, schedule: schedule, settings: settings)
  }
}

/// The epochs, batches and validations of a call of `fit`.
struct FitSchedule: Codable, Equatable {
  var initialEpoch = 0
  /// Nil: all batches.
  var stepsPerEpoch: Int?
  /// Nil: all batches of the validation data.
  var validationSteps: Int?
  var validationFrequency = 1

  /// Throws ``TrainingError/argument(_:expected:found:)`` if a number is outside its range.
  func validate(batches: Int) throws(TrainingError) {
    func require(_ holds: Bool, _ name: String, _ expected: String, _ found: Int?)
      throws(TrainingError)
    {
      guard !holds else { return }
      throw .argument(name, expected: expected, found: found.map { "\($0)" } ?? "none")
    }
    try require(initialEpoch >= 0, "initialEpoch", "0 or more", initialEpoch)
    try require(
      (1...batches).contains(stepsPerEpoch ?? 1), "stepsPerEpoch",
      "1...\(batches), the batches of the training data", stepsPerEpoch)
    try require((validationSteps ?? 1) >= 1, "validationSteps", "1 or more", validationSteps)
    try require(
      validationFrequency >= 1, "validationFrequency", "1 or more", validationFrequency)
  }

  func isValidated(epoch: Int) -> Bool { (epoch + 1).isMultiple(of: validationFrequency) }
}

/// The reaction of `fit` to a loss, a gradient or an update that is not finite.
public enum NonFinitePolicy: Sendable, Equatable {
  /// Throws a ``TrainingError`` that contains the origin of the number.
  case fail
  /// Logs the error as a warning and ends training as an interruption does, with the weights
  /// from before the batch where the error promises them; as Keras's `TerminateOnNaN`, which keeps
  /// those after it.
  case stop
}
