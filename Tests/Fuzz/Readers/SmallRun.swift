import Foundation
import Pinion

/// The small run to which checkpoints and logs belong.
struct SmallRun: Sendable {
  var units = 2
  var optimizer: any Optimizer = Adam(
    learningRate: .exponentialDecay(initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5))
  var loss: any Loss = MeanSquaredError()
  var metrics: [any Metric] = [RootMeanSquaredError()]
  var seed: UInt64 = 0
  var samples = 4
  var batchSize = 2
  var epochs = 2
  var shuffle = true
  var stepsPerEpoch: Int?
  var patience = 3
  var settings = ["data": "small"]
  /// The file of the checkpoint, if there is one.
  var checkpoint: URL?
  /// Whether there are callbacks with a state, one of them with weights.
  var hasCallbacks = true
  var interval = Checkpointing.Interval.batches(1)

  /// The cheapest run that writes a log.
  static let logged = SmallRun(
    units: 1, optimizer: SGD(), metrics: [], samples: 2, hasCallbacks: false, interval: .epochs(1))

  /// Resumes from the checkpoint if there is one.
  func train(_ loggers: CSVLogger...) throws {
    let numbers = (0..<samples).map { Float($0 % 2) }
    let data = try ArrayDataset(
      inputs: numbers, inputShape: [1], targets: numbers, targetShape: [1])
    let graph = try Sequential(input: [1]) {
      Dense(units)
      BatchNormalization()
      Dense(1)
    }
    let model = try Model(
      graph, optimizer: optimizer, losses: .init([loss]), metrics: .init([metrics]), seed: seed,
      threads: 1)
    var callbacks: [any Callback] = []
    if hasCallbacks {
      callbacks = [
        EarlyStopping(monitor: "loss", patience: patience, restoreBestWeights: true),
        ReduceLROnPlateau(monitor: "loss", patience: 1),
      ]
    }
    callbacks += loggers
    try model.fit(
      data, epochs: epochs, batchSize: batchSize, shuffle: shuffle, stepsPerEpoch: stepsPerEpoch,
      callbacks: callbacks,
      checkpointing: checkpoint.map {
        Checkpointing(to: $0, every: interval, resumes: true, settings: settings)
      }, verbose: false)
  }

  /// Runs of which each differs from the small one in one thing, or in more.
  static let others: [SmallRun] = {
    func changed(_ change: (inout SmallRun) -> Void) -> SmallRun {
      var run = SmallRun()
      change(&run)
      return run
    }
    return [
      changed { $0.units = 3 }, changed { $0.optimizer = SGD(learningRate: 0.1) },
      changed { $0.optimizer = Adam(learningRate: 0.1, clipping: .norm(1)) },
      changed {
        $0.optimizer = Adam(
          learningRate: .exponentialDecay(initialLearningRate: 0.1, decaySteps: 4, decayRate: 0.5))
      },
      changed { $0.loss = MeanAbsoluteError() }, changed { $0.metrics = [] },
      changed { $0.metrics = [RootMeanSquaredError(name: "other")] },
      changed { $0.seed = 1 }, changed { $0.samples = 6 }, changed { $0.batchSize = 4 },
      changed { $0.shuffle = false }, changed { $0.stepsPerEpoch = 1 },
      changed { $0.patience = 4 }, changed { $0.settings = ["other": "a"] },
      changed { $0.hasCallbacks = false },
    ]
  }()
}
