internal import PinionTensor

/// Durations as people read them, most as Keras's progress bar writes them.
package enum DurationText {
  /// The time that something took: `41s`.
  static func elapsed(_ seconds: Double) -> String {
    NumberText.fixed(seconds, decimals: 0) + "s"
  }

  /// The time left: `41s`, above a minute `1:05`, above an hour `2:01:05`.
  package static func remaining(_ seconds: Double) -> String {
    let whole = Self.whole(seconds)
    let (minutes, rest) = (whole / 60, whole % 60)
    if seconds > 3600 { return "\(minutes / 60):\(twoDigits(minutes % 60)):\(twoDigits(rest))" }
    if seconds > 60 { return "\(minutes):\(twoDigits(rest))" }
    return "\(whole)s"
  }

  /// A time in its two largest units: `8.4 s`, `41 s`, `12 min 5 s`, `3 h 20 min`.
  package static func rounded(_ seconds: Double) -> String {
    if seconds < 9.95 { return NumberText.fixed(seconds, decimals: 1) + " s" }
    let whole = Self.whole(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    if whole < 3600 { return "\(whole / 60) min \(whole % 60) s" }
    let minutes = Self.whole((seconds / 60).rounded())
    return "\(minutes / 60) h \(minutes % 60) min"
  }

  /// The time of a step: `2s/step`, `76ms/step`, `340us/step`.
  static func perStep(_ seconds: Double) -> String {
    let (value, unit) =
      if seconds >= 1 || seconds == 0 {
        (seconds, "s")
      } else if seconds >= 1e-3 {
        (seconds * 1e3, "ms")
      } else {
        (seconds * 1e6, "us")
      }
    return "\(NumberText.fixed(value, decimals: 0))\(unit)/step"
  }

  /// Without its fraction; 0 of NaN, and of what no integer holds the nearest that one does.
  private static func whole(_ seconds: Double) -> Int {
    guard !seconds.isNaN else { return 0 }
    return Int(exactly: seconds.rounded(.towardZero)) ?? (seconds < 0 ? .min : .max)
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

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
