import Pinion
import Testing

@Suite struct ProgressBarTests {
  private final class TestClock {
    var now = 100.0
  }

  private let clock = TestClock()
  private let run = FakeRun()

  private func bar(_ console: RecordingConsole, style: ProgressBar.Style = .automatic) throws
    -> ProgressBar
  {
    let clock = clock
    let bar = ProgressBar(style: style)
    bar.console = console
    bar.clock = { clock.now }
    try bar.trainingWillBegin(run: run)
    return bar
  }

  private func epoch(_ bar: ProgressBar, _ number: Int = 0) throws {
    try bar.epochWillBegin(epoch: number, run: run)
    clock.now += 2
    try bar.batchDidEnd(batch: 0, logs: ["accuracy": 0.5, "loss": 0.0005], run: run)
    clock.now += 0.04
    try bar.batchDidEnd(batch: 1, logs: ["accuracy": 0.5, "loss": 1.5], run: run)
    clock.now += 10.46
    try bar.batchDidEnd(batch: 2, logs: ["accuracy": 0.25, "loss": 1.5], run: run)
    clock.now += 1000
    try bar.batchDidEnd(batch: 3, logs: ["accuracy": 0.25, "loss": 1.5], run: run)
    clock.now += 0.01
    try bar.batchDidEnd(batch: 11, logs: ["accuracy": 0.25, "loss": 1.5], run: run)
    clock.now += 99.99
    var logs: Logs = ["accuracy": 0.25, "learning_rate": 1e-3, "loss": 1.5, "val_loss": 0]
    try bar.epochDidEnd(epoch: number, logs: &logs, run: run)
  }

  /// What Keras 3.15's `Progbar` draws for the same steps at the same times, but for three things:
  /// the rate is added, the last step is always drawn, and the final time per step leaves the
  /// validation out.
  @Test func drawsKerasBar() throws {
    let console = RecordingConsole(columns: 200)
    try epoch(try bar(console))
    let full = String(repeating: "━", count: 20)
    #expect(console.writes[0] == "Epoch 1/20\n")
    #expect(
      console.writes[1] == "\r\u{1b}[1m 1/12\u{1b}[0m \u{1b}[32m━\u{1b}[0m\u{1b}[37m"
        + "━━━━━━━━━━━━━━━━━━━\u{1b}[0m \u{1b}[1m22s\u{1b}[0m 2s/step - 50 samples/s"
        + " - accuracy: 0.5000 - loss: 5.0000e-04\u{1b}[K")
    #expect(
      console.writes[2] == "\r\u{1b}[1m 3/12\u{1b}[0m \u{1b}[32m━━━━━\u{1b}[0m\u{1b}[37m"
        + "━━━━━━━━━━━━━━━\u{1b}[0m \u{1b}[1m47s\u{1b}[0m 5s/step - 24 samples/s"
        + " - accuracy: 0.2500 - loss: 1.5000\u{1b}[K")
    #expect(
      console.writes[3] == "\r\u{1b}[1m 4/12\u{1b}[0m \u{1b}[32m━━━━━━\u{1b}[0m\u{1b}[37m"
        + "━━━━━━━━━━━━━━\u{1b}[0m \u{1b}[1m44:54\u{1b}[0m 337s/step - 0.4 samples/s"
        + " - accuracy: 0.2500 - loss: 1.5000\u{1b}[K")
    #expect(
      console.writes[4] == "\r\u{1b}[1m12/12\u{1b}[0m \u{1b}[32m\(full)\u{1b}[0m\u{1b}[37m"
        + "\u{1b}[0m \u{1b}[1m0s\u{1b}[0m 92s/step - 1.1 samples/s"
        + " - accuracy: 0.2500 - loss: 1.5000\u{1b}[K")
    #expect(
      console.writes[5] == "\r\u{1b}[1m12/12\u{1b}[0m \u{1b}[32m\(full)\u{1b}[0m\u{1b}[37m"
        + "\u{1b}[0m \u{1b}[1m1112s\u{1b}[0m 92s/step - 1.1 samples/s - accuracy: 0.2500"
        + " - loss: 1.5000 - val_loss: 0.0000e+00 - learning_rate: 1.0000e-03\u{1b}[K")
    #expect(console.writes[6...] == ["\n"])
  }

  @Test func writesOneLineAnEpochElsewhere() throws {
    let console = RecordingConsole()
    let bar = try bar(console)
    try epoch(bar, 2)
    #expect(
      console.writes == [
        "Epoch 3/20 - 1112s - 1.1 samples/s - accuracy: 0.2500 - loss: 1.5000"
          + " - val_loss: 0.0000e+00 - learning_rate: 1.0000e-03\n"
      ])
  }

  @Test func theStyleCanBeForced() throws {
    let lines = RecordingConsole(columns: 80)
    try epoch(try bar(lines, style: .lines))
    #expect(lines.writes.count == 1)
    let bars = RecordingConsole()
    try epoch(try bar(bars, style: .bar))
    #expect(bars.writes.count == 7)
  }

  @Test func oneEpochNeedsNoNumber() throws {
    run.epochs = 1
    let console = RecordingConsole(columns: 80)
    try epoch(try bar(console))
    #expect(!console.text.contains("Epoch"))
  }

  @Test func anEpochWithoutTimeHasNoRate() throws {
    let console = RecordingConsole()
    let bar = try bar(console)
    try bar.epochWillBegin(epoch: 0, run: run)
    try bar.batchDidEnd(batch: 0, logs: [:], run: run)
    var logs: Logs = ["loss": 1]
    try bar.epochDidEnd(epoch: 0, logs: &logs, run: run)
    #expect(console.text == "Epoch 1/20 - 0s - loss: 1.0000\n")
  }

  @Test func theRateCountsTheLastBatchAsItIs() throws {
    let console = RecordingConsole()
    let bar = try bar(console)
    try bar.epochWillBegin(epoch: 0, run: run)
    clock.now += 1
    try bar.batchDidEnd(batch: 11, logs: [:], run: run)
    var logs = Logs()
    try bar.epochDidEnd(epoch: 0, logs: &logs, run: run)
    #expect(console.text == "Epoch 1/20 - 1s - 1150 samples/s\n")
  }

  @Test func aBarCutShortEndsItsLine() throws {
    let console = RecordingConsole(columns: 80)
    do {
      let bar = try bar(console)
      try bar.epochWillBegin(epoch: 0, run: run)
      try bar.batchDidEnd(batch: 0, logs: ["loss": 1], run: run)
    }
    #expect(console.text.hasSuffix("\u{1b}[K\n"))
    let finished = RecordingConsole(columns: 80)
    do { try epoch(try bar(finished)) }
    #expect(finished.text.hasSuffix("\u{1b}[K\n"))
    #expect(!finished.text.hasSuffix("\n\n"))
  }

  @Test func theSystemsClockRuns() throws {
    let console = RecordingConsole()
    let bar = ProgressBar()
    bar.console = console
    try bar.trainingWillBegin(run: run)
    try bar.epochWillBegin(epoch: 0, run: run)
    try bar.batchDidEnd(batch: 0, logs: [:], run: run)
    var logs = Logs()
    try bar.epochDidEnd(epoch: 0, logs: &logs, run: run)
    #expect(console.text.hasPrefix("Epoch 1/20 - 0s - "))
  }
}
