import Pinion
import Testing

@Suite struct EarlyStoppingTests {
  private let losses = [0.9, 0.8, 0.85, 0.82, 0.7, 0.75, 0.76, 0.74]

  private func train(_ callback: EarlyStopping, _ values: [Double], run: FakeRun = FakeRun())
    throws -> Int
  {
    try run.train(callback, on: Logs.series("val_loss", values))
  }

  @Test(arguments: [(0, 3, 2), (1, 3, 2), (2, 4, 3), (3, 8, 7)])
  func stopsAfterPatienceEpochs(patience: Int, ran: Int, stopped: Int) throws {
    let callback = EarlyStopping(patience: patience)
    #expect(try train(callback, losses) == ran)
    #expect(callback.stoppedEpoch == stopped)
  }

  @Test func runsToTheEndWhilePatient() throws {
    let callback = EarlyStopping(patience: 4)
    #expect(try train(callback, losses) == 8)
    #expect(callback.stoppedEpoch == nil)
    #expect(callback.best == 0.7)
    #expect(callback.bestEpoch == 4)
  }

  @Test func accuracyIsToRise() throws {
    let callback = EarlyStopping(monitor: "val_accuracy", patience: 1)
    let run = FakeRun()
    #expect(try run.train(callback, on: Logs.series("val_accuracy", [0.5, 0.6, 0.6, 0.7])) == 3)
    #expect(callback.bestEpoch == 1)
  }

  @Test func onlyABaselineBeatenStartsTheCountingAfresh() throws {
    let callback = EarlyStopping(patience: 3, baseline: 0.5)
    // Epochs 0 to 2 improve without beating 0.5; the first that does not improve stops.
    #expect(try train(callback, [0.9, 0.8, 0.7, 0.75, 0.4]) == 4)
    let lucky = EarlyStopping(patience: 3, baseline: 0.5)
    #expect(try train(lucky, [0.9, 0.4, 0.45, 0.45, 0.45, 0.1]) == 5)
  }

  @Test func epochsBeforeTheFirstOneLookedAtDoNotCount() throws {
    let callback = EarlyStopping(patience: 1, startFromEpoch: 2)
    #expect(try train(callback, [0.1, 0.2, 0.9, 0.8, 0.85]) == 5)
    #expect(callback.best == 0.8)
  }

  @Test func restoresTheBestWeightsHoweverTrainingEnds() throws {
    for patience in [2, 10] {
      let run = FakeRun()
      _ = try train(
        EarlyStopping(patience: patience, restoreBestWeights: true), [0.9, 0.5, 0.7, 0.8, 0.9],
        run: run)
      #expect(run.weight == 1)
      #expect(run.snapshotsMade == 1)
    }
  }

  @Test func leavesTheWeightsAloneUnlessAsked() throws {
    let run = FakeRun()
    _ = try train(EarlyStopping(patience: 1), [0.5, 0.9], run: run)
    #expect(run.weight == 1)
    #expect(run.snapshotsMade == 0)
  }

  @Test func whatIsNotFiniteIsNoImprovement() throws {
    let run = FakeRun()
    let callback = EarlyStopping(patience: 3, restoreBestWeights: true)
    #expect(try train(callback, [.nan, 0.9, -.infinity, 0.8, .nan], run: run) == 5)
    #expect(callback.best == 0.8)
    #expect(run.weight == 3)
    let hopeless = EarlyStopping(patience: 2, restoreBestWeights: true)
    #expect(try train(hopeless, [.nan, .nan, .nan]) == 2)
    #expect(hopeless.bestEpoch == nil)
    // A NaN to compare with is nothing to beat.
    for direction in [MetricDirection.minimize, .maximize] {
      #expect(direction.isImprovement(0.5, over: .nan))
      #expect(direction.isImprovement(0.5, over: .nan, minDelta: 0.1))
      for value in [Double.nan, .infinity, -.infinity] {
        #expect(!direction.isImprovement(value, over: nil))
        #expect(!direction.isImprovement(value, over: .nan))
      }
    }
  }

  @Test func aSecondRunStartsAfresh() throws {
    let callback = EarlyStopping(patience: 1)
    _ = try train(callback, [0.1, 0.2])
    #expect(try train(callback, [0.9, 0.8, 0.7]) == 3)
    #expect(callback.stoppedEpoch == nil)
    #expect(callback.best == 0.7)
  }

  @Test func aMissingMetricIsNamedWithThoseThereAre() {
    #expect(
      throws: CallbackError.missingMetric(
        callback: "EarlyStopping", name: "val_loss", available: ["accuracy", "loss"])
    ) { try FakeRun().train(EarlyStopping(), on: [["loss": 1, "accuracy": 0]]) }
  }

  @Test func anUnknownDirectionIsAnErrorBeforeTraining() {
    #expect(
      throws: CallbackError.unknownDirection(
        callback: "EarlyStopping", monitor: "val_recall", known: ["accuracy", "loss"])
    ) { try EarlyStopping(monitor: "val_recall").trainingWillBegin(run: FakeRun()) }
  }

  @Test func argumentsOutsideTheirRangesAreNamed() throws {
    let model = try Model(Samples.line(), loss: .meanSquaredError, metrics: [], threads: 1)
    let (data, before) = (try Samples.indices(4), model.bits)
    for (argument, callback) in [
      ("minDelta", EarlyStopping(minDelta: .nan)), ("patience", EarlyStopping(patience: -1)),
      ("baseline", EarlyStopping(baseline: .nan)),
      ("startFromEpoch", EarlyStopping(startFromEpoch: -1)),
    ] {
      let error = #expect(throws: CallbackError.self) {
        try model.fit(
          data, validation: data, epochs: 2, callbacks: [callback], verbose: false)
      }
      #expect(error.map { "\($0)" }?.hasPrefix("EarlyStopping: \(argument): expected") == true)
      #expect(model.bits == before && model.steps == 0)
    }
  }

  @Test func saysWhatItDid() throws {
    let console = RecordingConsole(columns: 80)
    let callback = EarlyStopping(
      patience: 1, restoreBestWeights: true, verbose: true)
    callback.console = console
    _ = try train(callback, [0.5, 0.9])
    #expect(
      console.text == """
        Epoch 2: early stopping
        Restoring model weights from the end of the best epoch: 1.

        """)
  }
}
