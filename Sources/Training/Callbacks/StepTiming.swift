/// How long the steps of an epoch take.
struct StepTiming {
  /// When the epoch began.
  let start: Double

  /// The steps done, those before a resumption included.
  private(set) var steps = 0

  /// The steps that were done before a resumption, and took no time here.
  let skipped: Int

  private var firstEnd: Double?
  private var lastEnd: Double

  init(start: Double, skipped: Int = 0) {
    self.start = start
    self.skipped = skipped
    lastEnd = start
  }

  /// Notes that the first `steps` steps are done.
  mutating func stepDidEnd(_ steps: Int, at now: Double) {
    if steps == skipped + 1 { firstEnd = now }
    self.steps = steps
    lastEnd = now
  }

  /// The steps done here.
  var timed: Int { max(0, steps - skipped) }

  /// The time from the beginning of the epoch to the end of its last step so far.
  var seconds: Double { lastEnd - start }

  /// The mean time of a step, without the first, which often takes longer, as soon as there is
  /// another (as Keras 3).
  var secondsPerStep: Double {
    guard timed > 0 else { return 0 }
    guard let firstEnd, timed > 1 else { return seconds / Double(timed) }
    return (lastEnd - firstEnd) / Double(timed - 1)
  }
}
