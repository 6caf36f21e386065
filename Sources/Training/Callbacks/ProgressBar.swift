internal import PinionTensor

/// Shows how training goes: on a terminal a bar that is drawn again and again, elsewhere one line
/// an epoch.
///
/// The bar looks like Keras 3's, with the rate added, and is drawn at most every 0.05 s; a line is never
/// longer than the terminal is wide:
/// ```
/// Epoch 3/20
/// 540/540 ━━━━━━━━━━━━━━━━━━━━ 41s 76ms/step - 1310 images/s - accuracy: 0.8712 - loss: 0.3512
/// ```
/// and the line elsewhere
/// ```
/// Epoch 3/20 - 41s - 1310 images/s - accuracy: 0.8712 - loss: 0.3512 - val_accuracy: 0.9025
/// ```
/// While an epoch is under way, the time is what is left of its batches; at its end, what the epoch
/// took with its validation. Time per step and rate are those of training alone, the former without
/// the first step, as in Keras.
public final class ProgressBar: Callback {
  /// How progress is shown.
  public enum Style: Sendable {
    /// As a bar on a terminal, as lines elsewhere.
    case automatic
    /// As a bar.
    case bar
    /// As a line an epoch.
    case lines
  }

  private static let interval = 0.05

  private let style: Style
  private let console: any Console
  private let clock: () -> Double
  private var isBar = false
  private var timing = StepTiming(start: 0)
  private var lastDrawn = -Double.infinity
  private var isLineOpen = false

  /// Progress in a style on a console, by a clock that counts seconds; the system's own by default.
  public init(
    style: Style = .automatic, console: any Console = StandardOutput(),
    clock: (() -> Double)? = nil
  ) {
    self.style = style
    self.console = console
    let start = ContinuousClock.now
    self.clock = clock ?? { start.duration(to: .now) / .seconds(1) }
  }

  // An error may have ended training in the middle of a line, where the message about it should not
  // begin.
  deinit { if isLineOpen { console.write("\n") } }

  /// None.
  public var addedLogNames: Set<String>? { [] }

  /// Looks whether the console is a terminal.
  public func trainingWillBegin(_ run: any TrainingRun) throws {
    isBar =
      switch style {
      case .automatic: console.columns != nil
      case .bar: true
      case .lines: false
      }
  }

  /// Starts the clock; with a bar, says which epoch begins if there is more than one.
  public func epochWillBegin(_ epoch: Int, _ run: any TrainingRun) throws {
    timing = StepTiming(start: clock())
    lastDrawn = -.infinity
    if isBar, run.epochs > 1 { console.write("Epoch \(epoch + 1)/\(run.epochs)\n") }
  }

  /// As at the beginning of an epoch; rates are those of the batches that are left.
  public func epochWillResume(_ epoch: Int, batch: Int, _ run: any TrainingRun) throws {
    try epochWillBegin(epoch, run)
    timing = StepTiming(start: timing.start, skipped: batch)
  }

  /// Draws the bar again, if it is time to.
  public func batchDidEnd(_ batch: Int, logs: Logs, _ run: any TrainingRun) throws {
    let now = clock()
    timing.stepDidEnd(batch + 1, at: now)
    let isLast = batch + 1 == run.batchesPerEpoch
    guard isBar, isLast || now - lastDrawn >= Self.interval else { return }
    lastDrawn = now
    let left = timing.secondsPerStep * Double(run.batchesPerEpoch - batch - 1)
    draw(time: DurationText.remaining(left), logs: logs, run)
    isLineOpen = true
  }

  /// Writes the epoch's final line.
  public func epochDidEnd(_ epoch: Int, logs: inout Logs, _ run: any TrainingRun) throws {
    let time = DurationText.elapsed(clock() - timing.start)
    if isBar {
      draw(time: time, logs: logs, run)
      console.write("\n")
      isLineOpen = false
    } else {
      let parts = ["Epoch \(epoch + 1)/\(run.epochs)", time] + (rate(run).map { [$0] } ?? [])
      console.write((parts + metrics(logs)).joined(separator: " - ") + "\n")
    }
  }

  private func draw(time: String, logs: Logs, _ run: any TrainingRun) {
    let total = "\(run.batchesPerEpoch)"
    let steps = "\(timing.steps)"
    let padding = String(repeating: " ", count: max(0, total.count - steps.count))
    let line = ProgressLine(
      counter: "\(padding)\(steps)/\(total)",
      fraction: Double(timing.steps) / Double(max(1, run.batchesPerEpoch)), time: time,
      step: DurationText.perStep(timing.secondsPerStep), rate: rate(run), metrics: metrics(logs))
    console.write("\r\(line.text(columns: console.columns))\u{1b}[K")
  }

  /// The images of the epoch so far, the last batch perhaps a partial one, in the time since it
  /// began.
  private func rate(_ run: any TrainingRun) -> String? {
    guard timing.seconds > 0 else { return nil }
    let done = min(timing.steps * run.batchSize, run.trainingCount)
    let images = done - timing.skipped * run.batchSize
    let rate = Double(images) / timing.seconds
    return "\(NumberText.fixed(rate, decimals: rate < 10 ? 1 : 0)) images/s"
  }

  /// In alphabetical order, but with the learning rate behind the metrics, as in Keras.
  private func metrics(_ logs: Logs) -> [String] {
    let isRate = { (entry: Logs.Element) in entry.name == Logs.learningRateName }
    return (logs.filter { !isRate($0) } + logs.filter(isRate)).map {
      "\(PrintableText.escaped($0.name)): \(NumberText.metric($0.value))"
    }
  }
}
