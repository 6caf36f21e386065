/// How NumPy writes the numbers of an array of floats, all in the same width.
///
/// Each with the fewest digits that identify it, and at most 8 after the point; in scientific
/// notation if the greatest magnitude is at least 10⁶, the least below 10⁻⁴, or one more than 1000
/// times the other.
///
/// Source: `FloatingFormat` in NumPy 2.4's `arrayprint.py`, for `float32`.
struct NumberFormat {
  private static let precision = 8

  private var isScientific = false
  /// Characters before the point, and after it.
  private var (left, right) = (0, 0)
  /// Digits after the point, in scientific notation.
  private var fraction = 0

  /// The format for an array of the given numbers.
  init(_ numbers: [Float]) {
    let finite = numbers.filter { $0.isFinite }
    let magnitudes = finite.filter { $0 != 0 }.map { $0.magnitude }
    if let least = magnitudes.min(), let greatest = magnitudes.max() {
      isScientific = greatest >= 1e6 || least < 0.0001 || greatest / least > 1000
    }
    for number in finite {
      let decimal = DecimalDigits(shortest: number)
      if isScientific {
        fraction = max(fraction, min(decimal.digits.count - 1, Self.precision))
        left = max(left, decimal.isNegative ? 2 : 1)
        right = max(right, fraction + 4)
      } else {
        let parts = decimal.positional(of: number, atMost: Self.precision)
        left = max(left, parts.integer.utf8.count)
        right = max(right, parts.fraction.utf8.count)
      }
    }
    for number in numbers where !number.isFinite {
      left = max(left, Self.name(number).utf8.count - right - 1)
    }
  }

  /// The number, padded to the common width.
  func callAsFunction(_ number: Float) -> String {
    guard number.isFinite else {
      let name = Self.name(number)
      return Self.spaces(left + right + 1 - name.utf8.count) + name
    }
    let shortest = DecimalDigits(shortest: number)
    if isScientific {
      let isComplete = shortest.digits.count == fraction + 1
      let decimal =
        isComplete ? shortest : DecimalDigits(number, digitsAfterFirst: fraction)
      return Self.spaces(left - (decimal.isNegative ? 2 : 1)) + decimal.scientific
    }
    let parts = shortest.positional(of: number, atMost: Self.precision)
    return Self.spaces(left - parts.integer.utf8.count) + parts.integer + "." + parts.fraction
      + Self.spaces(right - parts.fraction.utf8.count)
  }

  /// A number by itself, as NumPy's `str` of a `float32`: from 10⁻⁴ and below 10⁶ without an
  /// exponent.
  static func alone(_ number: Float) -> String {
    guard number.isFinite else { return name(number) }
    let decimal = DecimalDigits(shortest: number)
    // In double precision: the float nearest to 10⁻⁴ lies below it.
    let magnitude = Double(number.magnitude)
    guard magnitude == 0 || magnitude >= 1e-4 && magnitude < 1e6 else {
      let text = decimal.scientific
      return decimal.digits.count > 1 ? text : String(text.filter { $0 != "." })
    }
    let parts = decimal.positional(of: number, atMost: .max)
    return parts.integer + "." + (parts.fraction.isEmpty ? "0" : parts.fraction)
  }

  private static func name(_ number: Float) -> String {
    number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
  }

  private static func spaces(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}
