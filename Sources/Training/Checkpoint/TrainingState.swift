internal import FoundationEssentials
internal import PinionMetrics

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
