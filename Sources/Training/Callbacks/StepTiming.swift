/// How long the steps of an epoch take.
struct StepTiming {
  /// When the epoch began.
  let start: Double

  /// The steps done.
  private(set) var steps = 0

  private var firstEnd: Double?
  private var lastEnd: Double

  init(start: Double) {
    self.start = start
    lastEnd = start
  }

  /// Notes that the first `steps` steps are done.
  mutating func stepDidEnd(_ steps: Int, at now: Double) {
    if steps == 1 { firstEnd = now }
    self.steps = steps
    lastEnd = now
  }

  /// The time from the beginning of the epoch to the end of its last step so far.
  var seconds: Double { lastEnd - start }

  /// The mean time of a step, without the first, which often takes longer, as soon as there is
  /// another (as Keras 3).
  var secondsPerStep: Double {
    guard steps > 0 else { return 0 }
    guard let firstEnd, steps > 1 else { return seconds / Double(steps) }
    return (lastEnd - firstEnd) / Double(steps - 1)
  }
}
