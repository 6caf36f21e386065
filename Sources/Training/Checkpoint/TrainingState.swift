internal import FoundationEssentials
internal import PinionMetrics
internal import PinionTensor

/// Where training stands, but for the tensors: what a checkpoint holds in its metadata.
struct TrainingState: Codable {
  /// What must be the same for training to go on: anything else is another run.
  struct Conditions: Codable, Equatable {
    var graph: String
    var optimizer: String
    var loss: String
    var seed: UInt64
    var batchSize: Int
    var samples: Int
    var shuffle: Bool
    var metrics: [String]
    var callbacks: [String]
    var settings: [String: String]
  }

  struct Callback: Codable {
    var values: Data
    var hasWeights: Bool
  }

  var conditions: Conditions
  /// The epoch that goes on, and how many of its batches are done.
  var epoch: Int
  var batch: Int
  /// The number of updates, on which learning rate and random numbers depend.
  var step: Int
  var scalars: [Double]
  var learningRate: Double?
  /// The number of epochs begun, on which the order of the samples depends.
  var epochsBegun: Int
  var stopRequested: Bool
  var loss: RunningMean
  var metrics: [Data]
  var logs: Logs
  var history: History
  var callbacks: [Callback?]
}

extension TrainingState {
  /// The run that would go on from a state.
  struct Place {
    var conditions: Conditions
    var batchesPerEpoch: Int
    var directions: [String: MetricDirection]
    var metrics: [any Metric]
    var callbacks: [any PinionTraining.Callback]
  }

  /// More steps and epochs than any run takes, and few enough to be counted in double precision and added to.
  private static let countLimit = 1 << 53

  /// Throws what `refuse` makes of a place, what was expected there and what was found, unless the state is one that this run
  /// can have left.
  func check(
    _ run: Place, scalars scalarCount: Int,
    refuse: (_ place: String, _ expected: String, _ found: String) -> FileError
  ) throws {
    try checkConditions(run, refuse)
    func require(
      _ condition: Bool, _ place: String, _ expected: @autoclosure () -> String, _ found: Any
    ) throws {
      if !condition { throw refuse("the state of training: \(place)", expected(), "\(found)") }
    }
    func require(_ value: Int, in range: ClosedRange<Int>, _ place: String) throws {
      try require(
        range.contains(value), place, "\(range.lowerBound)...\(range.upperBound)", value)
    }
    try require(
      history.epochs.elementsEqual(0..<max(0, epoch)) && epoch >= 0, "epoch",
      "\(history.epochs.count), as many as the history has, from 0 on", epoch)
    try require(
      history.directions == run.directions, "history", "the directions of this run's metrics",
      "others")
    try require(batch, in: 0...max(0, run.batchesPerEpoch - 1), "batch")
    // The model may have been trained before; `fit` itself made this many.
    let (steps, overflow) = epoch.multipliedReportingOverflow(by: run.batchesPerEpoch)
    try require(!overflow && steps < Self.countLimit, "epoch", "fewer steps than 2^53", epoch)
    try require(step, in: steps + batch...Self.countLimit, "step")
    try require(epochsBegun, in: epoch + (batch > 0 ? 1 : 0)...Self.countLimit, "epochsBegun")
    let seen =
      batch > 0 ? batch * run.conditions.batchSize : epoch > 0 ? run.conditions.samples : 0
    try require(
      loss.weight == Double(seen) && loss.value.isFinite, "loss",
      "a finite mean over \(seen) samples", "\(loss.value) over \(loss.weight)")
    try require(
      learningRate.map { $0 >= 0 && $0.isFinite } ?? true, "learningRate", "0 or more, finite",
      learningRate ?? 0)
    try require(scalars.count == scalarCount, "scalars", "\(scalarCount) numbers", scalars.count)
    try require(!scalars.contains(where: \.isNaN), "scalars", "numbers", scalars)
    try require(
      metrics.count == run.metrics.count, "metrics", "\(run.metrics.count)", metrics.count)
    try require(
      callbacks.count == run.callbacks.count, "callbacks", "\(run.callbacks.count)",
      callbacks.count)
  }

  /// Throws for all conditions in which the checkpoint's run differs from this one.
  private func checkConditions(
    _ run: Place, _ refuse: (_ place: String, _ expected: String, _ found: String) -> FileError
  ) throws {
    guard conditions != run.conditions else { return }
    let differences = run.conditions.differences(from: conditions)
    func list(_ values: [(name: String, value: String)]) -> String {
      values.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
    }
    throw refuse(
      "what training depends on",
      list(differences.map { ($0.name, $0.value) }) + ", as in this run",
      list(differences.map { ($0.name, $0.other) }))
  }
}

extension TrainingState.Conditions {
  /// A condition by name, here and there.
  typealias Difference = (name: String, value: String, other: String)

  /// In what these differ from others, in words.
  func differences(from other: Self) -> [Difference] {
    var differences: [Difference] = []
    func compare<Value: Equatable>(
      _ name: String, _ path: KeyPath<Self, Value>, _ words: (Value) -> String = { "\($0)" }
    ) {
      guard self[keyPath: path] != other[keyPath: path] else { return }
      differences.append((name, words(self[keyPath: path]), words(other[keyPath: path])))
    }
    // A network's configuration is too long for a line.
    if graph != other.graph { differences.append(("the network", "this one", "another")) }
    differences += Self.configured("the optimizer", optimizer, other.optimizer)
    differences += Self.configured("the loss", loss, other.loss)
    compare("the seed", \.seed)
    compare("the batch size", \.batchSize)
    compare("the number of samples", \.samples)
    compare("shuffling", \.shuffle) { $0 ? "yes" : "no" }
    compare("the metrics", \.metrics, Self.list)
    compare("the callbacks", \.callbacks, Self.list)
    for name in Set(settings.keys).union(other.settings.keys).sorted()
    where settings[name] != other.settings[name] {
      differences.append((name, settings[name] ?? "not given", other.settings[name] ?? "not given"))
    }
    return differences
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  /// In what two values differ that are written as their type's name, a space and their configuration as JSON.
  private static func configured(_ name: String, _ value: String, _ other: String) -> [Difference] {
    guard value != other else { return [] }
    func parts(_ text: String) -> (type: String, configuration: ConfigurationTree?) {
      let parts = text.split(separator: " ", maxSplits: 1)
      return (
        parts.first.map { String($0) } ?? "",
        parts.dropFirst().first.flatMap { ConfigurationTree($0) }
      )
    }
    let (own, others) = (parts(value), parts(other))
    guard own.type == others.type else { return [(name, own.type, others.type)] }
    guard let tree = own.configuration, let otherTree = others.configuration else {
      return [(name, value, other)]
    }
    let found = tree.differences(from: otherTree)
    // Spelled otherwise and yet the same, which no reader of ours writes.
    guard !found.isEmpty else { return [(name, value, other)] }
    return found.map { (([name] + $0.path).joined(separator: ", "), $0.value, $0.other) }
  }
}
