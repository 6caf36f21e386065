internal import PinionTensor

/// Numbers to a few significant digits.
enum SignificantText {
  /// As C's `%.4g`, without an exponent where that is short enough to read.
  static func digits(_ value: Double, _ count: Int) -> String {
    NumberText.print("%.*g", value, precision: count)
  }

  /// A number with the given decimals, from a million on with four significant digits: `0.2415`, `1e+300`.
  static func decimal(_ value: Double, _ decimals: Int = 4) -> String {
    value.magnitude < 1e6 ? NumberText.fixed(value, decimals: decimals) : digits(value, 4)
  }

  /// A whole number, in full as long as people read it so.
  static func whole(_ value: Double) -> String {
    value.magnitude < 1e15 ? "\(Int(value.rounded()))" : digits(value, 4)
  }

  /// The number of an epoch as people count, from 1, of one that is counted from 0.
  static func epoch(_ index: Int) -> String {
    index < .max ? "\(index + 1)" : whole(Double(index))
  }

  /// A share as a percentage with one decimal: `11.2 %`.
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    return decimal(share * 100, 1) + " %"
  }

  /// A text whose percentages stay on one line.
  static func unbroken(_ text: String) -> String {
    text.split(separator: " %", omittingEmptySubsequences: false).joined(separator: "\u{a0}%")
  }

  /// A share as a percentage with two decimals: `91.66 %`, for what is compared from run to run.
  static func share(_ share: Double) -> String {
    share.isFinite ? decimal(share * 100, 2) + " %" : "–"
  }
}
