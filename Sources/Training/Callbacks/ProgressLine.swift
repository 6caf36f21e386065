internal import PinionTensor

/// The line of a progress bar, fitted to the width of a terminal.
package struct ProgressLine {
  /// The shortest and the longest bar.
  private static let barLengths = 5...20

  /// The finished and all steps: ` 12/540`.
  package var counter: String
  /// The fraction of the steps that is finished.
  package var fraction: Double
  /// The remaining or elapsed time.
  package var time: String
  /// The time of a step, or the rate of steps.
  package var step: String
  /// The samples a second.
  package var rate: String?
  /// The metrics with their values.
  package var metrics: [String]

  package init(
    counter: String, fraction: Double, time: String, step: String, rate: String? = nil,
    metrics: [String] = []
  ) {
    self.counter = counter
    self.fraction = fraction
    self.time = time
    self.step = step
    self.rate = rate
    self.metrics = metrics
  }

  /// The line with escape sequences for bold and colors, at least one column shorter than the
  /// terminal.
  ///
  /// On a narrow terminal the bar shrinks first; then the rate, the bar and, from the last one on,
  /// the metrics are left out.
  package func text(columns: Int?) -> String {
    // A character in the last column makes some terminals wrap and is erased by others.
    let limit = columns.map { max(0, $0 - 1) } ?? .max
    for details in [[rate].compactMap(\.self) + metrics, metrics] {
      let room = limit - count(details) - 1
      if room >= Self.barLengths.lowerBound {
        return styled(bar: min(room, Self.barLengths.upperBound), details)
      }
    }
    var details = metrics
    while !details.isEmpty, count(details) > limit { details.removeLast() }
    guard count(details) <= limit else { return String("\(counter) \(time) \(step)".prefix(limit)) }
    return styled(bar: nil, details)
  }

  /// The width of the line without a bar.
  private func count(_ details: [String]) -> Int {
    counter.count + time.count + step.count + 2 + details.reduce(0) { $0 + 3 + $1.count }
  }

  private func styled(bar length: Int?, _ details: [String]) -> String {
    var text = "\u{1b}[1m\(counter)\u{1b}[0m "
    if let length { text += bar(length) + " " }
    text += "\u{1b}[1m\(time)\u{1b}[0m \(step)"
    for detail in details { text += " - \(detail)" }
    return text
  }

  private func bar(_ length: Int) -> String {
    let share = fraction.isNaN ? 0 : min(1, max(0, fraction))
    let done = Int(Double(length) * share)
    let green = done > 0 ? "\u{1b}[32m\(String(repeating: "━", count: done))\u{1b}[0m" : ""
    return green + "\u{1b}[37m\(String(repeating: "━", count: length - done))\u{1b}[0m"
  }
}

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
