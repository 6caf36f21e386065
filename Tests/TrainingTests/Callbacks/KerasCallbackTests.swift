import Pinion
import PinionTestSupport
import Testing

/// The decisions of Keras 3.15.1's callbacks on sequences of values, from
/// `Fixtures/callbacks.json`.
///
/// Left out are sequences that begin with NaN: Keras takes it for the best value.
@Suite struct KerasCallbackTests {
  struct Decisions: Decodable {
    var earlyStopping: [Decision]
    var reduceLROnPlateau: [Decision]
    var modelCheckpoint: [Decision]
  }

  struct Decision: Decodable {
    var name: String
    var config: Arguments
    var values: [Double?]
    var stoppedEpoch: Int?
    var bestEpoch: Int?
    var best: Double?
    var weightsEpoch: Float?
    var learningRates: [Double]?
    var savedEpochs: [Int]?

    var logs: [Logs] { Logs.series(config.monitor, values.map { $0 ?? .nan }) }
  }

  struct Arguments: Decodable {
    var monitor: String
    var mode: String
    var min_delta: Double?
    var patience: Int?
    var baseline: Double?
    var restore_best_weights: Bool?
    var start_from_epoch: Int?
    var factor: Double?
    var cooldown: Int?
    var min_lr: Double?
    var initial_value_threshold: Double?

    var monitorMode: MonitorMode {
      ["min": MonitorMode.minimize, "max": .maximize][mode] ?? .auto
    }
  }

  private func decisions(_ callback: KeyPath<Decisions, [Decision]>) throws -> [Decision] {
    let all = try Fixture.load("callbacks", as: Decisions.self)[keyPath: callback]
    let comparable = all.filter { $0.values.first != .some(nil) }
    #expect(comparable.count >= 10)
    return comparable
  }

  @Test func earlyStoppingStopsAndRestoresWhereKerasDoes() throws {
    for decision in try decisions(\.earlyStopping) {
      let config = decision.config
      let callback = EarlyStopping(
        monitor: config.monitor, minDelta: try #require(config.min_delta),
        patience: try #require(config.patience), mode: config.monitorMode,
        baseline: config.baseline,
        restoreBestWeights: config.restore_best_weights ?? false,
        startFromEpoch: try #require(config.start_from_epoch))
      let run = FakeRun()
      try run.train(callback, on: decision.logs)
      #expect(callback.stoppedEpoch == decision.stoppedEpoch, "\(decision.name)")
      // Keras's best epoch is 0 when no epoch was looked at.
      #expect(callback.bestEpoch ?? 0 == decision.bestEpoch, "\(decision.name)")
      #expect(callback.best == decision.best, "\(decision.name)")
      #expect(run.weight == decision.weightsEpoch, "\(decision.name)")
    }
  }

  @Test func reduceLROnPlateauSetsKerasRates() throws {
    for decision in try decisions(\.reduceLROnPlateau) {
      let config = decision.config
      let callback = ReduceLROnPlateau(
        monitor: config.monitor, factor: try #require(config.factor),
        patience: try #require(config.patience), mode: config.monitorMode,
        minDelta: try #require(config.min_delta), cooldown: try #require(config.cooldown),
        minLearningRate: try #require(config.min_lr))
      let run = FakeRun()
      let expected = try #require(decision.learningRates)
      try callback.trainingWillBegin(run: run)
      for (epoch, values) in decision.logs.enumerated() {
        var logs = values
        try callback.epochDidEnd(epoch: epoch, logs: &logs, run: run)
        // Keras holds the rate as a float, rounded at each reduction.
        #expect(
          abs(run.learningRate / expected[epoch] - 1) < 1e-6, "\(decision.name), epoch \(epoch)")
      }
    }
  }

  @Test func modelCheckpointSavesTheEpochsThatKerasSaves() throws {
    let folder = TemporaryFolder()
    for decision in try decisions(\.modelCheckpoint) {
      let config = decision.config
      let callback = ModelCheckpoint(
        folder.path("{epoch}"), monitor: config.monitor, saveBestOnly: true,
        mode: config.monitorMode, initialValueThreshold: config.initial_value_threshold)
      let run = FakeRun()
      try run.train(callback, on: decision.logs)
      let saved = try #require(decision.savedEpochs).map { "\($0 + 1)" }
      #expect(run.savedFiles.map(\.lastPathComponent) == saved, "\(decision.name)")
    }
  }
}
