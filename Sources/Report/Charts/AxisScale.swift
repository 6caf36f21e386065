/// How numbers become places along an axis.
struct AxisScale: Sendable, Equatable {
  /// The numbers that the axis covers.
  let domain: ClosedRange<Double>
  /// Where its ends lie.
  let start: Double
  let end: Double

  /// The place of a number.
  func callAsFunction(_ value: Double) -> Double {
    let share = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    return start + share * (end - start)
  }

  /// Whether a number can be drawn: neither NaN, nor infinite, nor beyond what arithmetic on it would bear.
  static func isDrawable(_ value: Double) -> Bool { value.magnitude <= 1e300 }

  /// What an axis covers that shows the given numbers with some air, also when there is one or none, or all are equal.
  ///
  /// - Parameters:
  ///   - values: Those that cannot be drawn do not count.
  ///   - limits: Where the axis ends at the latest, unless numbers lie beyond.
  static func domain(
    showing values: some Sequence<Double>, within limits: ClosedRange<Double>? = nil
  ) -> ClosedRange<Double> {
    let numbers = values.filter(isDrawable)
    guard var low = numbers.min(), var high = numbers.max() else { return 0...1 }
    let limits = limits ?? -Double.infinity...Double.infinity
    let (least, greatest) = (low, high)
    let magnitude = max(low.magnitude, high.magnitude)
    if high - low <= magnitude * 1e-12 || magnitude < 1e-290 {
      let air = magnitude < 1e-290 ? 1 : magnitude * 0.1
      (low, high) = (low - air, high + air)
    } else {
      let air = (high - low) * 0.05
      (low, high) = (low - air, high + air)
    }
    low = max(low, min(least, limits.lowerBound))
    high = min(high, max(greatest, limits.upperBound))
    // Limits of no extent leave none.
    return low < high ? low...high : low - 0.5...low + 0.5
  }
}
