import Pinion
import Testing

@testable import PinionTraining

/// Callbacks on a model that really trains.
@Suite struct SteeringTests {
  private struct Failure: Error, Equatable { let place: String }

  private let data: ArrayDataset
  private let validation: ArrayDataset

  init() throws {
    data = try Samples.images(40)
    validation = try Samples.images(16)
  }

  private func model(_ optimizer: some Optimizer = SGD(learningRate: 0.1)) throws -> Model {
    try Model(Samples.personal(), optimizer: optimizer, threads: 1)
  }

  /// A callback that writes down which of its hooks is called.
  private func scribe(
    _ name: String, _ note: @escaping (String) -> Void, failing place: String? = nil
  ) -> ClosureCallback {
    func called(_ hook: String) throws {
      note("\(name) \(hook)")
      if hook == place { throw Failure(place: hook) }
    }
    return ClosureCallback(
      trainingWillBegin: { _ in try called("begin") },
      epochWillBegin: { epoch, _ in try called("epoch \(epoch)") },
      batchDidEnd: { batch, _, _ in try called("batch \(batch)") },
      epochDidEnd: { epoch, _, _ in try called("epoch \(epoch) end") },
      trainingDidEnd: { _, _ in try called("end") })
  }

  @Test func hooksRunInOrder() throws {
    var calls: [String] = []
    let note = { calls.append($0) }
    try model().fit(
      data, epochs: 2, batchSize: 20, callbacks: [scribe("a", note), scribe("b", note)],
      verbose: false)
    let hooks =
      ["begin"] + (0..<2).flatMap { ["epoch \($0)", "batch 0", "batch 1", "epoch \($0) end"] }
      + ["end"]
    #expect(calls == hooks.flatMap { ["a \($0)", "b \($0)"] })
  }

  @Test(arguments: ["epoch 1", "batch 1", "epoch 1 end"])
  func anErrorInAHookEndsTrainingAndAllAreTold(place: String) throws {
    var calls: [String] = []
    let note = { calls.append($0) }
    let model = try model()
    #expect(throws: Failure(place: place)) {
      try model.fit(
        data, epochs: 3, batchSize: 20,
        callbacks: [scribe("a", note), scribe("b", note, failing: place), scribe("c", note)],
        verbose: false)
    }
    #expect(calls.suffix(4) == ["b \(place)", "a end", "b end", "c end"])
    #expect(try model.fit(data, verbose: false).epochs == [0])
  }

  @Test func whoHadNotBegunIsNotToldOfTheEnd() throws {
    var calls: [String] = []
    let note = { calls.append($0) }
    #expect(throws: Failure(place: "begin")) {
      try model().fit(
        data,
        callbacks: [scribe("a", note), scribe("b", note, failing: "begin"), scribe("c", note)],
        verbose: false)
    }
    #expect(calls == ["a begin", "b begin", "a end"])
  }

  @Test func anErrorAtTheEndDoesNotKeepOthersFromTheirs() throws {
    var calls: [String] = []
    let note = { calls.append($0) }
    #expect(throws: Failure(place: "end")) {
      try model().fit(
        data, epochs: 0, callbacks: [scribe("a", note, failing: "end"), scribe("b", note)],
        verbose: false)
    }
    #expect(calls == ["a begin", "b begin", "a end", "b end"])
  }

  @Test func anInterruptionEndsTrainingAfterTheBatch() throws {
    var calls: [String] = []
    let model = try model()
    let history = try model.fit(
      data, validation: validation, epochs: 3, batchSize: 10,
      callbacks: [
        scribe("a") { calls.append($0) },
        ClosureCallback(batchDidEnd: { batch, _, run in
          if run.learningRate > 0, batch == 1, calls.contains("a epoch 1") { run.interrupt() }
        }),
      ], verbose: false)
    #expect(history.epochs == [0])
    #expect(calls.suffix(4) == ["a epoch 1", "a batch 0", "a batch 1", "a end"])
    #expect(model.steps == 6)
  }

  @Test func aStopIsHeededAfterTheEpoch() throws {
    let history = try model().fit(
      data, validation: validation, epochs: 5,
      callbacks: [ClosureCallback(batchDidEnd: { _, _, run in run.requestStop() })], verbose: false)
    #expect(history.epochs == [0])
    #expect(history.keys.contains("val_loss"))
  }

  @Test func earlyStoppingPutsTheBestWeightsBackWithTheirStatistics() throws {
    let model = try model()
    var after: [[UInt32]] = []
    let stopping = EarlyStopping(
      monitor: "made_up", patience: 2, mode: .minimize, restoreBestWeights: true)
    let history = try model.fit(
      data, epochs: 10,
      callbacks: [
        ClosureCallback(epochDidEnd: { epoch, logs, _ in
          logs["made_up"] = [3, 1, 2, 2.5, 0][min(epoch, 4)]
          after.append(model.bits)
        }), stopping,
      ], verbose: false)
    #expect(history.epochs == [0, 1, 2, 3])
    #expect(model.bits == after[1])
    #expect(Set(after).count == 4)
    #expect(stopping.bestEpoch == 1)
  }

  @Test func theSchedulerSetsTheRateAndLogsIt() throws {
    var rates: [Double] = []
    let model = try model(
      Adam(
        learningRate: .exponentialDecay(
          initialLearningRate: 0.1, decaySteps: 1, decayRate: 0.5)))
    let history = try model.fit(
      data, epochs: 3, batchSize: 20,
      callbacks: [
        LearningRateScheduler { epoch, rate in epoch == 0 ? 0.01 : rate / 2 },
        ClosureCallback(batchDidEnd: { _, _, run in rates.append(run.learningRate) }),
      ], verbose: false)
    #expect(history["learning_rate"] == [0.01, 0.005, 0.0025])
    #expect(rates == [0.01, 0.01, 0.005, 0.005, 0.0025, 0.0025])
    #expect(model.learningRate == 0.0025)
  }

  @Test func aRateThatIsSetIsTheOneUsed() throws {
    let model = try model()
    let twin = try self.model(SGD(learningRate: 0.025))
    model.learningRate = 0.025
    for each in [model, twin] { try each.fit(data, batchSize: 10, verbose: false) }
    #expect(model.bits == twin.bits)
    #expect(try self.model().bits != twin.bits)
  }

  @Test func theRateFallsOnAPlateau() throws {
    let model = try model()
    let history = try model.fit(
      data, epochs: 5,
      callbacks: [
        ClosureCallback(epochDidEnd: { _, logs, _ in logs["flat"] = 1 }),
        ReduceLROnPlateau(monitor: "flat", factor: 0.5, patience: 2, mode: .minimize),
      ], verbose: false)
    #expect(history["learning_rate"] == [0.1, 0.1, 0.1, 0.05, 0.05])
    #expect(model.learningRate == 0.025)
  }
}
