internal import Glibc

/// NumPy's format of the elements of a `float32` or `float64` array, all of the same width.
///
/// Each number has the fewest digits that identify it, at most 8 decimals. Scientific notation is
/// used if the largest magnitude is at least 10⁶ (in double precision 10⁸), the smallest below
/// 10⁻⁴, or their ratio above 1000.
///
/// Source: `FloatingFormat` in NumPy 2.4's `arrayprint.py`.
struct NumberFormat<Number: RealScalar> {
  private static var precision: Int { 8 }

  /// The smallest magnitude in scientific notation: of an array, and of a single number.
  private static var limits: (array: Number, alone: Double) {
    Number.self == Float.self ? (1e6, 1e6) : (1e8, 1e16)
  }

  private var isScientific = false
  /// Characters before and after the point.
  private var (left, right) = (0, 0)
  /// Decimals in scientific notation.
  private var fraction = 0

  init(_ numbers: [Number]) {
    let finite = numbers.filter { $0.isFinite }
    let magnitudes = finite.filter { $0 != 0 }.map { $0.magnitude }
    if let least = magnitudes.min(), let greatest = magnitudes.max() {
      isScientific = greatest >= Self.limits.array || least < 0.0001 || greatest / least > 1000
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
  func callAsFunction(_ number: Number) -> String {
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

  /// A single number, as NumPy's `str` of a `float32`: without an exponent in 10⁻⁴..<10⁶.
  static func alone(_ number: Number) -> String {
    guard number.isFinite else { return name(number) }
    let decimal = DecimalDigits(shortest: number)
    // In double precision, since the float nearest to 10⁻⁴ is below it.
    let magnitude = Double(number.magnitude)
    guard magnitude == 0 || magnitude >= 1e-4 && magnitude < limits.alone else {
      let text = decimal.scientific
      return decimal.digits.count > 1 ? text : String(text.filter { $0 != "." })
    }
    let parts = decimal.positional(of: number, atMost: .max)
    return parts.integer + "." + (parts.fraction.isEmpty ? "0" : parts.fraction)
  }

  private static func name(_ number: Number) -> String {
    number.isNaN ? "nan" : number < 0 ? "-inf" : "inf"
  }

  private static func spaces(_ count: Int) -> String {
    String(repeating: " ", count: max(0, count))
  }
}

/// A finite float in decimal: ±d.ddd… · 10^exponent.
struct DecimalDigits {
  let isNegative: Bool
  /// ASCII, without leading and trailing zeros; a single zero for zero.
  var digits: [UInt8]
  /// The power of ten of the first digit.
  var exponent: Int

  static let zero = UInt8(ascii: "0")

  /// The fewest digits that identify the float.
  init(shortest value: some RealScalar) {
    self.init("\(value)".utf8, isNegative: value.sign == .minus)
  }

  /// `count` digits after the first, rounded from the exact value, ties to even.
  init(_ value: some RealScalar, digitsAfterFirst count: Int) {
    var text = [CChar](repeating: 0, count: count + 32)
    _ = unsafe withVaList([Int32(count), Double(value)]) {
      unsafe vsnprintf(&text, text.count, "%.*e", $0)
    }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    self.init(bytes, isNegative: value.sign == .minus)
    digits += [UInt8](repeating: Self.zero, count: max(0, count + 1 - digits.count))
  }

  /// Parses text such as `-123.45e-6`.
  private init(_ text: some Sequence<UInt8>, isNegative: Bool) {
    self.isNegative = isNegative
    let parts = text.split(separator: UInt8(ascii: "e"))
    // Independent of the decimal separator, which the C library takes from the locale.
    let isDigit = { (byte: UInt8) in byte >= Self.zero && byte <= UInt8(ascii: "9") }
    let body = parts[0].drop { !isDigit($0) }
    let integer = body.prefix(while: isDigit)
    let all = body.filter(isDigit)
    let leadingZeros = all.prefix { $0 == Self.zero }.count
    let power = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) ?? 0 : 0
    digits = Array(all.dropFirst(leadingZeros))
    while digits.last == Self.zero { digits.removeLast() }
    exponent = digits.isEmpty ? 0 : integer.count - 1 - leadingZeros + power
    if digits.isEmpty { digits = [Self.zero] }
  }

  /// The digits before the point, with the sign, and at most `limit` after it, without trailing
  /// zeros.
  func positional(of value: some RealScalar, atMost limit: Int) -> (
    integer: String, fraction: String
  ) {
    var all = digits
    var point = exponent + 1
    if point <= 0 {
      all = [UInt8](repeating: Self.zero, count: 1 - point) + all
      point = 1
    } else if point > all.count {
      all += [UInt8](repeating: Self.zero, count: point - all.count)
    }
    if all.count - point > limit {
      // Only small numbers have so many decimals, for which value · 10^limit is exact in double
      // precision.
      let scaled = (Double(value.magnitude) * Glibc.pow(10, Double(limit))).rounded(
        .toNearestOrEven)
      all = Array(String(Int(scaled)).utf8)
      all = [UInt8](repeating: Self.zero, count: max(0, limit + 1 - all.count)) + all
      point = all.count - limit
    }
    while all.count > point, all.last == Self.zero { all.removeLast() }
    let sign = isNegative ? "-" : ""
    return (
      sign + String(decoding: all[..<point], as: UTF8.self),
      String(decoding: all[point...], as: UTF8.self)
    )
  }

  /// `-1.2345e-06`, with an exponent of two digits or more.
  var scientific: String {
    let power = exponent.magnitude < 10 ? "0\(exponent.magnitude)" : "\(exponent.magnitude)"
    let mantissa = String(decoding: digits[..<1], as: UTF8.self)
    let fraction = String(decoding: digits[1...], as: UTF8.self)
    return "\(isNegative ? "-" : "")\(mantissa).\(fraction)e\(exponent < 0 ? "-" : "+")\(power)"
  }
}
