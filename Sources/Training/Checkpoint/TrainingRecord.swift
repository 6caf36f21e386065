internal import FoundationEssentials
internal import PinionLayers
internal import PinionMetrics
internal import PinionTensor

/// The part of a checkpoint that is not tensors, as JSON in the metadata.
struct TrainingRecord: Codable {
  struct Callback: Codable {
    /// ``CallbackState/values``.
    var values: Data
    /// Whether the file holds weights that the callback keeps.
    var hasWeights: Bool
  }

  var configuration: RunConfiguration
  /// The epoch under way and the number of its finished batches.
  var epoch: Int
  var batch: Int
  /// The number of updates.
  var step: Int
  /// The optimizer's scalars.
  var scalars: [Double]
  /// The constant that replaces the optimizer's learning rate, if any.
  var learningRate: Double?
  var epochsBegun: Int
  var stopRequested: Bool
  var loss: RunningMean
  var outputLosses: [RunningMean]
  /// The metrics of all outputs, each as JSON.
  var metrics: [Data]
  var logs: Logs
  var history: History
  /// The callbacks that checkpoints know; nil for one without a state.
  var callbacks: [Callback?]
  /// Nil if no sample was skipped.
  var skipped: SkippedSamples?
}

/// The samples of a run that could not be read and were skipped, by index.
struct SkippedSamples: Codable, Equatable {
  /// Of the training data; they count towards the limit.
  var training: [Int] = []
  /// Of the validation data, each once, though every validation has a limit of its own.
  var validation: [Int] = []

  var isEmpty: Bool { training.isEmpty && validation.isEmpty }
}

extension TrainingRecord {
  /// More steps and epochs than any run takes; a double counts them exactly.
  private static let countLimit = 1 << 53

  /// Throws `FileError` unless a run with the given state and configuration can have written the
  /// record.
  func check(
    for state: TrainingState, configuration run: RunConfiguration, batchesPerEpoch: Int,
    skipLimit: Int, validationSamples: Int, in file: CheckpointFile
  ) throws {
    if let (expected, found) = run.difference(from: configuration) {
      throw file.error("the configuration of the run", expected + ", as in this run", found)
    }
    func require(
      _ condition: Bool, _ place: String, _ expected: @autoclosure () -> String, _ found: Any
    ) throws {
      if !condition {
        throw file.error("the state of training: \(place)", expected(), "\(found)")
      }
    }
    func require(_ value: Int, in range: ClosedRange<Int>, _ place: String) throws {
      try require(
        range.contains(value), place, "\(range.lowerBound)...\(range.upperBound)", value)
    }
    func require(_ list: [some Any], count: Int, _ place: String) throws {
      try require(list.count == count, place, "\(count) values", list.count)
    }
    let first = run.schedule?.initialEpoch ?? 0
    let epochs = epoch - first
    try require(
      epochs >= 0 && history.epochs.elementsEqual(first..<epoch), "epoch",
      "\(first + history.epochs.count), after the epochs in the history, which start from "
        + "\(first)", epoch)
    try require(
      history.directions == state.totals.directions, "history",
      "the directions of this run's metrics", "others")
    try require(batch, in: 0...max(0, batchesPerEpoch - 1), "batch")
    // The model may have been trained before; this run alone made so many steps.
    let (steps, overflow) = epochs.multipliedReportingOverflow(by: batchesPerEpoch)
    try require(!overflow && steps < Self.countLimit, "epoch", "fewer steps than 2^53", epoch)
    let skipped = skipped ?? SkippedSamples()
    try require(
      skipped.training.count, in: 0...skipLimit, "the number of skipped training samples")
    for (indices, count, part) in [
      (skipped.training, run.samples, "training"),
      (skipped.validation, validationSamples, "validation"),
    ] {
      try require(
        Set(indices).count == indices.count && indices.allSatisfy((0..<count).contains),
        "the skipped \(part) samples", "different indices below \(count)", indices.prefix(20))
    }
    // A batch of skipped samples makes no step.
    let empty = (epochs + 1) * min(batchesPerEpoch, skipped.training.count)
    try require(step, in: max(0, steps + batch - empty)...Self.countLimit, "step")
    try require(epochsBegun, in: epochs + (batch > 0 ? 1 : 0)...Self.countLimit, "epochsBegun")
    let limit = run.schedule?.stepsPerEpoch.map { $0 * run.batchSize } ?? run.samples
    let seen =
      batch > 0 ? batch * run.batchSize : epochs > 0 ? min(limit, run.samples) : 0
    try require(outputLosses, count: state.totals.outputs.count, "outputLosses")
    for (place, loss) in [("loss", loss)] + outputLosses.map({ ("outputLosses", $0) }) {
      try require(
        (skipLimit > 0 ? 0...Double(seen) : Double(seen)...Double(seen)).contains(loss.weight)
          && loss.value.isFinite, place,
        "a finite mean over \(seen) samples", "\(loss.value) over \(loss.weight)")
    }
    try require(
      learningRate.map { $0 >= 0 && $0.isFinite } ?? true, "learningRate", "0 or more, finite",
      learningRate ?? 0)
    try require(scalars, count: state.optimizer.scalars.count, "scalars")
    try require(!scalars.contains(where: \.isNaN), "scalars", "numbers", scalars)
    try require(
      metrics, count: state.totals.outputs.reduce(0) { $0 + $1.metrics.count }, "metrics")
    try require(callbacks, count: state.callbacks.count, "callbacks")
  }
}
