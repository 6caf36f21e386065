import Pinion
import Testing

@Suite struct SmallCallbackTests {
  private final class Idle: Callback {}

  @Test func hooksAreOptional() throws {
    let run = FakeRun()
    let callback = Idle()
    #expect(try run.train(callback, on: Logs.series("loss", [1, 2])) == 2)
    try callback.batchDidEnd(batch: 0, logs: [:], run: run)
  }

  @Test func closuresAreCalledInTheirTurn() throws {
    var calls: [String] = []
    let callback = ClosureCallback(
      trainingWillBegin: { _ in calls.append("begin") },
      epochWillBegin: { epoch, _ in calls.append("epoch \(epoch)") },
      batchDidEnd: { batch, logs, _ in calls.append("batch \(batch) \(logs.names)") },
      epochDidEnd: { epoch, logs, run in
        logs["mine"] = 7
        calls.append("end of \(epoch)")
        if epoch == 1 { run.requestStop() }
      }, trainingDidEnd: { logs, _ in calls.append("end with \(logs.names)") })
    let run = FakeRun()
    #expect(try run.train(callback, on: Logs.series("loss", [1, 2, 3])) == 2)
    try callback.batchDidEnd(batch: 5, logs: ["loss": 1], run: run)
    #expect(
      calls == [
        "begin", "epoch 0", "end of 0", "epoch 1", "end of 1", #"end with ["loss", "mine"]"#,
        #"batch 5 ["loss"]"#,
      ])
    #expect(try run.train(ClosureCallback(), on: []) == 0)
  }

  @Test func schedulerSetsAndLogsTheRate() throws {
    let console = RecordingConsole()
    var logged: [Double?] = []
    let callback = LearningRateScheduler(verbose: true) { epoch, rate in
      epoch == 0 ? rate : rate / 2
    }
    callback.console = console
    let run = FakeRun()
    for epoch in 0..<3 {
      try callback.epochWillBegin(epoch: epoch, run: run)
      var logs = Logs()
      try callback.epochDidEnd(epoch: epoch, logs: &logs, run: run)
      logged.append(logs["learning_rate"])
    }
    #expect(logged == [0.1, 0.05, 0.025])
    #expect(
      console.writes.last
        == "Epoch 3: LearningRateScheduler setting learning rate to 0.025.\n")
  }

  @Test func aRateThatIsNoNumberIsAnError() {
    let callback = LearningRateScheduler { _, _ in .nan }
    #expect(
      throws: CallbackError.invalidArgument(
        callback: "LearningRateScheduler", argument: "the rate of epoch 4",
        expected: "0 or more, finite", found: "nan")
    ) { try callback.epochWillBegin(epoch: 4, run: FakeRun()) }
  }
}
