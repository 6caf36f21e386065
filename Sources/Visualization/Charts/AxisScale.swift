internal import Glibc
internal import PinionTensor

/// A linear map from data values to coordinates along an axis.
struct AxisScale: Sendable, Equatable {
  let domain: ClosedRange<Double>
  /// The coordinates of the two ends of `domain`.
  let start: Double
  let end: Double

  /// The coordinate of `value`.
  func callAsFunction(_ value: Double) -> Double {
    let fraction = (value - domain.lowerBound) / (domain.upperBound - domain.lowerBound)
    return start + fraction * (end - start)
  }

  /// False for NaN, infinities, and magnitudes above 1e300, on which the arithmetic of axes could
  /// overflow.
  static func isDrawable(_ value: Double) -> Bool { value.magnitude <= 1e300 }

  /// A domain that contains `values`, widened by 5 % of their range on each side; `0...1` if no
  /// value is drawable, and a nonempty domain if all are equal.
  ///
  /// - Parameters:
  ///   - values: Values that are not drawable are ignored.
  ///   - limits: Bounds beyond which the margin does not extend, unless a value lies outside.
  static func domain(
    showing values: some Sequence<Double>, within limits: ClosedRange<Double>? = nil
  ) -> ClosedRange<Double> {
    let numbers = values.filter(isDrawable)
    guard var low = numbers.min(), var high = numbers.max() else { return 0...1 }
    let limits = limits ?? -Double.infinity...Double.infinity
    let (smallest, largest) = (low, high)
    let magnitude = max(low.magnitude, high.magnitude)
    if high - low <= magnitude * 1e-12 || magnitude < 1e-290 {
      let margin = magnitude < 1e-290 ? 1 : magnitude * 0.1
      (low, high) = (low - margin, high + margin)
    } else {
      let margin = (high - low) * 0.05
      (low, high) = (low - margin, high + margin)
    }
    low = max(low, min(smallest, limits.lowerBound))
    high = min(high, max(largest, limits.upperBound))
    // A range of limits of zero width would give an empty domain.
    return low < high ? low...high : low - 0.5...low + 0.5
  }
}

/// Ticks of an axis at multiples of 1, 2 or 5 times a power of ten.
struct Ticks: Sendable, Equatable {
  /// In ascending order.
  let values: [Double]
  /// The power of ten by which labels are divided.
  let exponent: Int
  private let decimals: Int

  /// The finest ticks in `domain` with at most `limit` steps.
  ///
  /// - Parameter areWhole: Whether ticks are restricted to integers, such as epochs.
  init(in domain: ClosedRange<Double>, limit: Int, areWhole: Bool = false) {
    let span = max(domain.upperBound - domain.lowerBound, .leastNormalMagnitude)
    var power = Int(floor(log10(span / Double(limit))))
    var factor = 1
    // Increase the step through 1, 2, 5, 10, 20, … times the power of ten until it is large enough.
    while span / Self.number(factor, power) > Double(limit) {
      switch factor {
      case 1: factor = 2
      case 2: factor = 5
      default: (factor, power) = (1, power + 1)
      }
    }
    if areWhole, power < 0 { (factor, power) = (1, 0) }
    let step = Self.number(factor, power)
    let slack = 1e-9
    let first = Int(ceil(domain.lowerBound / step - slack))
    let last = Int(floor(domain.upperBound / step + slack))
    let (chosenFactor, chosenPower) = (factor, power)
    values = first > last ? [] : (first...last).map { Self.number($0 * chosenFactor, chosenPower) }
    let largest = values.map(\.magnitude).max() ?? 0
    let needsExponent = largest > 0 && (largest >= 1e6 || largest < 1e-2) && !areWhole
    exponent = needsExponent ? Int(floor(log10(largest) + slack)) : 0
    decimals = max(0, exponent - power)
  }

  /// The label of a tick, divided by the power of ten.
  func label(_ value: Double) -> String {
    let scaled = exponent == 0 ? value : value / pow(10, Double(exponent))
    let text = NumberText.fixed(scaled == 0 ? 0 : scaled, decimals: decimals)
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  /// The power of ten for the axis title, such as ` (×10⁻³)`; empty if the exponent is 0.
  var unit: String {
    guard exponent != 0 else { return "" }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let power = String(exponent.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } }
    return " (×10" + (exponent < 0 ? "⁻" : "") + String(power) + ")"
  }

  /// factor · 10^power, rounded once.
  private static func number(_ factor: Int, _ power: Int) -> Double {
    power < 0 ? Double(factor) / pow(10, Double(-power)) : Double(factor) * pow(10, Double(power))
  }
}
