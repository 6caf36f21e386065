internal import Glibc
internal import PinionTensor

/// Round numbers along an axis: multiples of 1, 2 or 5 times a power of ten.
struct Ticks: Sendable, Equatable {
  /// The numbers, rising.
  let values: [Double]
  /// The power of ten that all labels leave out.
  let exponent: Int
  private let decimals: Int

  /// As many ticks within a domain as there can be with at most `limit` steps between them.
  ///
  /// - Parameter areWhole: Whether only whole numbers are of use, such as epochs.
  init(in domain: ClosedRange<Double>, limit: Int, areWhole: Bool = false) {
    let span = max(domain.upperBound - domain.lowerBound, .leastNormalMagnitude)
    var power = Int(floor(log10(span / Double(limit))))
    var factor = 1
    // The least of 1, 2, 5, 10, 20, … times the power that is enough.
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
    let greatest = values.map(\.magnitude).max() ?? 0
    let needsExponent = greatest > 0 && (greatest >= 1e6 || greatest < 1e-2) && !areWhole
    exponent = needsExponent ? Int(floor(log10(greatest) + slack)) : 0
    decimals = max(0, exponent - power)
  }

  /// The number as its tick says it, without the power of ten.
  func label(_ value: Double) -> String {
    let scaled = exponent == 0 ? value : value / pow(10, Double(exponent))
    let text = NumberText.fixed(scaled == 0 ? 0 : scaled, decimals: decimals)
    return text.hasPrefix("-") ? "−" + text.dropFirst() : text
  }

  /// The power of ten that labels leave out, as a title says it: ` (×10⁻³)`; nothing if there is none.
  var unit: String {
    guard exponent != 0 else { return "" }
    let digits = Array("⁰¹²³⁴⁵⁶⁷⁸⁹")
    let power = String(exponent.magnitude).compactMap { $0.wholeNumberValue.map { digits[$0] } }
    return " (×10" + (exponent < 0 ? "⁻" : "") + String(power) + ")"
  }

  /// m · 10^p, rounded once.
  private static func number(_ factor: Int, _ power: Int) -> Double {
    power < 0 ? Double(factor) / pow(10, Double(-power)) : Double(factor) * pow(10, Double(power))
  }
}
