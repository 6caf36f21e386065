internal import PinionTensor

/// Durations as Keras's progress bar writes them.
package enum DurationText {
  /// The time that something took: `41s`.
  static func elapsed(_ seconds: Double) -> String {
    NumberText.fixed(seconds, decimals: 0) + "s"
  }

  /// A time in hours, minutes and seconds, as that left: `41s`, above a minute `1:05`, above an hour `2:01:05`.
  package static func remaining(_ seconds: Double) -> String {
    let whole = Int(seconds)
    let (minutes, rest) = (whole / 60, whole % 60)
    if seconds > 3600 { return "\(minutes / 60):\(twoDigits(minutes % 60)):\(twoDigits(rest))" }
    if seconds > 60 { return "\(minutes):\(twoDigits(rest))" }
    return "\(whole)s"
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

  private static func twoDigits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
