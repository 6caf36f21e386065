internal import PinionData
internal import PinionTensor

/// Shows the progress of training: on a terminal as a bar that is redrawn, otherwise as one line
/// per epoch.
///
/// The bar is Keras 3's with the throughput in samples per second. It is drawn at most every 0.05
/// s, and never wider than the terminal:
/// ```
/// Epoch 3/20
/// 540/540 ━━━━━━━━━━━━━━━━━━━━ 41s 76ms/step - 1310 samples/s - accuracy: 0.8712 - loss: 0.3512
/// ```
/// Otherwise, the line of an epoch is:
/// ```
/// Epoch 3/20 - 41s - 1310 samples/s - accuracy: 0.8712 - loss: 0.3512 - val_accuracy: 0.9025
/// ```
/// During an epoch the time is the estimate for its remaining batches; at its end, the time of the
/// epoch with its validation. Time per step and throughput are those of training alone, the former
/// without the first step, as in Keras.
public final class ProgressBar: Callback {
  public enum Style: Sendable {
    /// A bar on a terminal, otherwise lines.
    case automatic
    case bar
    /// One line per epoch.
    case lines
  }

  private static let interval = 0.05

  private let style: Style
  /// The receiver of progress.
  package var console: any Console = StandardOutput()
  /// The time in seconds.
  package var clock: () -> Double
  private var isBar = false
  private var timing = StepTiming(start: 0)
  private var lastDrawn = -Double.infinity
  private var isLineOpen = false

  public init(style: Style = .automatic) {
    self.style = style
    let start = ContinuousClock.now
    clock = { start.duration(to: .now) / .seconds(1) }
  }

  /// Passes the line of each epoch to a closure, without its line feed, instead of showing it:
  ///
  /// ```swift
  /// try model.fit(
  ///   training, epochs: 5, callbacks: [ProgressBar { logger.info("\($0)") }], verbose: false)
  /// ```
  public convenience init(_ log: @escaping (String) -> Void) {
    self.init(style: .lines)
    console = ClosureConsole(log)
  }

  // After an error in the middle of an epoch, so that its message starts on a new line.
  deinit { if isLineOpen { console.write("\n") } }

  /// False: a run may resume with another display of progress.
  public var isCheckpointed: Bool { false }

  public var runsOnFirstRankOnly: Bool { true }

  public var addedLogNames: Set<String>? { [] }

  public func trainingWillBegin(run: any TrainingRun) throws {
    isBar =
      switch style {
      case .automatic: console.columns != nil
      case .bar: Log.handler == nil
      case .lines: false
      }
  }

  public func epochWillBegin(epoch: Int, run: any TrainingRun) throws {
    timing = StepTiming(start: clock())
    lastDrawn = -.infinity
    if isBar, run.epochs > 1 { console.write("Epoch \(epoch + 1)/\(run.epochs)\n") }
  }

  /// Times are those of the remaining batches.
  public func epochWillResume(epoch: Int, batch: Int, run: any TrainingRun) throws {
    try epochWillBegin(epoch: epoch, run: run)
    timing = StepTiming(start: timing.start, skipped: batch)
  }

  public func batchDidEnd(batch: Int, logs: Logs, run: any TrainingRun) throws {
    let now = clock()
    timing.stepDidEnd(batch + 1, at: now)
    let isLast = batch + 1 == run.batchesPerEpoch
    guard isBar, isLast || now - lastDrawn >= Self.interval else { return }
    lastDrawn = now
    let left = timing.secondsPerStep * Double(run.batchesPerEpoch - batch - 1)
    draw(time: DurationText.remaining(left), logs: logs, run)
    isLineOpen = true
  }

  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
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

  /// The throughput of the epoch so far.
  private func rate(_ run: any TrainingRun) -> String? {
    guard timing.seconds > 0 else { return nil }
    let done = min(timing.steps * run.batchSize, run.sampleCount)
    let timed = done - timing.skipped * run.batchSize
    let rate = Double(timed) / timing.seconds
    return "\(NumberText.fixed(rate, decimals: rate < 10 ? 1 : 0)) samples/s"
  }

  /// In alphabetical order, with the learning rate last, as in Keras.
  private func metrics(_ logs: Logs) -> [String] {
    let isRate = { (entry: Logs.Element) in entry.name == Logs.learningRateName }
    return (logs.filter { !isRate($0) } + logs.filter(isRate)).map {
      "\(PrintableText.escaped($0.name)): \(NumberText.metric($0.value))"
    }
  }
}

/// The times of the steps of an epoch.
struct StepTiming {
  /// The start of the epoch.
  let start: Double

  /// The finished steps, those before a resumption included.
  private(set) var steps = 0

  /// The steps before a resumption, which are not timed.
  let skipped: Int

  private var firstEnd: Double?
  private var lastEnd: Double

  init(start: Double, skipped: Int = 0) {
    self.start = start
    self.skipped = skipped
    lastEnd = start
  }

  /// Records the end of a step; `steps` is the number of finished ones.
  mutating func stepDidEnd(_ steps: Int, at now: Double) {
    if steps == skipped + 1 { firstEnd = now }
    self.steps = steps
    lastEnd = now
  }

  /// The number of timed steps.
  var timed: Int { max(0, steps - skipped) }

  /// The time from the beginning of the epoch to the end of its last step so far.
  var seconds: Double { lastEnd - start }

  /// The mean time of a step, without the first one, which often takes longer, if there is another;
  /// as in Keras 3.
  var secondsPerStep: Double {
    guard timed > 0 else { return 0 }
    guard let firstEnd, timed > 1 else { return seconds / Double(timed) }
    return (lastEnd - firstEnd) / Double(timed - 1)
  }
}
