import Pinion
import Testing

@Suite struct ReduceLROnPlateauCallbackTests {
  private func rates(_ callback: ReduceLROnPlateau, _ values: [Double]) throws -> [Double] {
    let run = FakeRun()
    var rates: [Double] = []
    try callback.trainingWillBegin(run: run)
    for (epoch, value) in values.enumerated() {
      var logs: Logs = ["val_loss": value]
      try callback.epochDidEnd(epoch: epoch, logs: &logs, run: run)
      rates.append(run.learningRate)
    }
    return rates
  }

  @Test func reducesAfterPatienceEpochsAndCountsAfresh() throws {
    let callback = ReduceLROnPlateau(factor: 0.5, patience: 2)
    #expect(
      try rates(callback, [0.9, 0.9, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8])
        == [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125])
  }

  @Test func cooldownEpochsDoNotCount() throws {
    let callback = ReduceLROnPlateau(factor: 0.5, patience: 1, cooldown: 2)
    #expect(
      try rates(callback, [0.9, 0.9, 0.9, 0.9, 0.9]) == [0.1, 0.05, 0.05, 0.025, 0.025])
  }

  @Test func neverGoesBelowTheMinimum() throws {
    let callback = ReduceLROnPlateau(factor: 0.5, patience: 1, minLearningRate: 0.04)
    #expect(try rates(callback, [0.9, 0.9, 0.9, 0.9]) == [0.1, 0.05, 0.04, 0.04])
  }

  @Test func improvementsBelowMinDeltaDoNotCount() throws {
    let callback = ReduceLROnPlateau(factor: 0.5, patience: 2, minDelta: 0.1)
    #expect(try rates(callback, [0.9, 0.85, 0.81]) == [0.1, 0.1, 0.05])
  }

  @Test func whatIsNotFiniteIsNoImprovement() throws {
    let callback = ReduceLROnPlateau(factor: 0.5, patience: 1)
    #expect(try rates(callback, [.nan, 0.9, 0.8]) == [0.05, 0.05, 0.05])
  }

  @Test func logsTheRateThatTheEpochHad() throws {
    let run = FakeRun()
    let callback = ReduceLROnPlateau(factor: 0.5, patience: 1)
    try callback.trainingWillBegin(run: run)
    var logged: [Double?] = []
    for epoch in 0..<3 {
      var logs: Logs = ["val_loss": 1]
      try callback.epochDidEnd(epoch: epoch, logs: &logs, run: run)
      logged.append(logs["learning_rate"])
    }
    #expect(logged == [0.1, 0.1, 0.05])
  }

  @Test func aFactorOfOneIsAnError() {
    #expect(
      throws: CallbackError.invalidArgument(
        callback: "ReduceLROnPlateau", argument: "factor", expected: "at least 0 and less than 1",
        found: "1.0")
    ) { try ReduceLROnPlateau(factor: 1).trainingWillBegin(run: FakeRun()) }
  }

  @Test func argumentsOutsideTheirRangesAreNamed() {
    for (argument, callback) in [
      ("factor", ReduceLROnPlateau(factor: -1)), ("factor", ReduceLROnPlateau(factor: .nan)),
      ("patience", ReduceLROnPlateau(patience: -1)),
      ("minDelta", ReduceLROnPlateau(minDelta: .nan)),
      ("cooldown", ReduceLROnPlateau(cooldown: -1)),
      ("minLearningRate", ReduceLROnPlateau(minLearningRate: .nan)),
      ("minLearningRate", ReduceLROnPlateau(minLearningRate: -1)),
    ] {
      let error = #expect(throws: CallbackError.self) {
        try callback.trainingWillBegin(run: FakeRun())
      }
      #expect(
        error.map { "\($0)" }?.hasPrefix("ReduceLROnPlateau: \(argument): expected") == true)
    }
  }

  @Test func aMissingMetricIsNamedWithThoseThereAre() {
    #expect(
      throws: CallbackError.missingMetric(
        callback: "ReduceLROnPlateau", name: "val_loss", available: ["learning_rate", "loss"])
    ) { try FakeRun().train(ReduceLROnPlateau(), on: [["loss": 1]]) }
  }

  @Test func saysWhatItDid() throws {
    let console = RecordingConsole(columns: 80)
    let callback = ReduceLROnPlateau(factor: 0.5, patience: 1, verbose: true)
    callback.console = console
    _ = try rates(callback, [0.9, 0.9])
    #expect(
      console.text == "\nEpoch 2: ReduceLROnPlateau reducing learning rate to 0.05.\n")
  }
}
