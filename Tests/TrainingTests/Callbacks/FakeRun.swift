import FoundationEssentials
import Pinion

/// A run without a model: its only weight is a number that the test sets.
final class FakeRun: TrainingRun {
  var epochs = 20
  var batchesPerEpoch = 12
  var batchSize = 100
  var sampleCount = 1150
  var stopRequested = false
  private(set) var isInterrupted = false
  var learningRate = 0.1
  var metricDirections: [String: MetricDirection] = ["loss": .minimize, "accuracy": .maximize]

  /// The value of the weights.
  var weight: Float = 0
  private(set) var snapshotsMade = 0
  private(set) var savedFiles: [URL] = []

  private let parameters = AlignedBuffer(count: 1)
  private let state = AlignedBuffer(count: 0)

  func interrupt() { isInterrupted = true }

  func weightsSnapshot() -> WeightsSnapshot {
    snapshotsMade += 1
    parameters.view[0] = weight
    return WeightsSnapshot(parameters: parameters.view, state: state.view)
  }

  func updateSnapshot(_ snapshot: WeightsSnapshot) {
    parameters.view[0] = weight
    snapshot.update(parameters: parameters.view, state: state.view)
  }

  func restoreWeights(_ snapshot: WeightsSnapshot) {
    snapshot.copy(toParameters: parameters.view, state: state.view)
    weight = parameters.view[0]
  }

  func saveWeights(to file: URL) throws { savedFiles.append(file) }

  /// Runs a callback over epochs of the given logs, the weight being the epoch's number; stops when
  /// asked to.
  ///
  /// Returns the number of epochs that ran.
  @discardableResult
  func train(_ callback: any Callback, on logs: [Logs]) throws -> Int {
    var last = Logs()
    var count = 0
    try callback.trainingWillBegin(run: self)
    for (epoch, values) in logs.enumerated() where !stopRequested {
      try callback.epochWillBegin(epoch: epoch, run: self)
      last = values
      weight = Float(epoch)
      try callback.epochDidEnd(epoch: epoch, logs: &last, run: self)
      count += 1
    }
    try callback.trainingDidEnd(logs: last, run: self)
    return count
  }
}

extension Logs {
  /// The logs of epochs that have one value each.
  static func series(_ name: String, _ values: [Double]) -> [Logs] { values.map { [name: $0] } }
}
