internal import PinionTensor

/// Durations as text, mostly in the format of Keras's progress bar.
package enum DurationText {
  /// An elapsed time: `41s`.
  static func elapsed(_ seconds: Double) -> String {
    NumberText.fixed(seconds, decimals: 0) + "s"
  }

  /// A remaining time: `41s`, above a minute `1:05`, above an hour `2:01:05`.
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

  /// Truncated to an integer; 0 for NaN, and the nearest integer for what exceeds the range.
  private static func whole(_ seconds: Double) -> Int {
    guard !seconds.isNaN else { return 0 }
    return Int(exactly: seconds.rounded(.towardZero)) ?? (seconds < 0 ? .min : .max)
  }

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
