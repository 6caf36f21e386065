internal import Glibc

/// A finite float in decimal: ±d.ddd… · 10^exponent.
struct DecimalDigits {
  let isNegative: Bool
  /// From the first that is not zero to the last that is not; a lone zero for zero. ASCII.
  var digits: [UInt8]
  /// The first digit's power of ten.
  var exponent: Int

  static let zero = UInt8(ascii: "0")

  /// The fewest digits that no other float shares.
  init(shortest value: Float) {
    self.init(value.description.utf8, isNegative: value.sign == .minus)
  }

  /// As many digits after the first as asked for, rounded from the exact value, a tie to the even
  /// digit.
  init(_ value: Float, digitsAfterFirst count: Int) {
    var text = [CChar](repeating: 0, count: count + 32)
    _ = withVaList([Int32(count), Double(value)]) { vsnprintf(&text, text.count, "%.*e", $0) }
    let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    self.init(bytes, isNegative: value.sign == .minus)
    digits += [UInt8](repeating: Self.zero, count: max(0, count + 1 - digits.count))
  }

  /// Reads `-123.45e-6`.
  private init(_ text: some Sequence<UInt8>, isNegative: Bool) {
    self.isNegative = isNegative
    let parts = text.split(separator: UInt8(ascii: "e"))
    // In some languages the C library writes another sign than a point, so nothing here looks for
    // one.
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

  /// The digits before the point, with the sign, and those after it: at most `limit`, without zeros
  /// at the end.
  func positional(of value: Float, atMost limit: Int) -> (integer: String, fraction: String) {
    var all = digits
    var point = exponent + 1
    if point <= 0 {
      all = [UInt8](repeating: Self.zero, count: 1 - point) + all
      point = 1
    } else if point > all.count {
      all += [UInt8](repeating: Self.zero, count: point - all.count)
    }
    if all.count - point > limit {
      // So many digits after the point are only left of numbers so small that value · 10^limit is
      // exact in double precision.
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
