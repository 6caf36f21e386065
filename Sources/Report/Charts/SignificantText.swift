internal import PinionTensor

/// Numbers to a few significant digits.
enum SignificantText {
  /// As C's `%.4g`, without an exponent where that is short enough to read.
  static func digits(_ value: Double, _ count: Int) -> String {
    NumberText.print("%.*g", value, precision: count)
  }

  /// A share as a percentage with one decimal: `11.2 %`.
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    return NumberText.fixed(share * 100, decimals: 1) + " %"
  }

  /// A text whose percentages stay on one line.
  static func unbroken(_ text: String) -> String {
    text.split(separator: " %", omittingEmptySubsequences: false).joined(separator: "\u{a0}%")
  }

  /// A share as a percentage with two decimals: `91.66 %`, for what is compared from run to run.
  static func share(_ share: Double) -> String {
    share.isFinite ? NumberText.fixed(share * 100, decimals: 2) + " %" : "–"
  }
}
