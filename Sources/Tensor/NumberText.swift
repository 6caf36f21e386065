internal import Glibc

/// Numbers as Python writes them, for people to read.
package enum NumberText {
  /// With a fixed number of decimals, as `%.4f`.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    print("%.*f", value, precision: decimals)
  }

  /// As Keras shows a metric: `%.4f`, or `%.4e` if it is at most 1e-3 in magnitude.
  package static func metric(_ value: Double) -> String {
    print(abs(value) > 1e-3 ? "%.4f" : "%.4e", value)
  }

  /// The shortest text that reads back as the same number, as Python's `str`.
  package static func shortest(_ value: Double) -> String {
    // From 2^53 on Swift writes an exponent; Python does so from 1e16 on. All numbers between are
    // whole.
    guard abs(value) >= 0x1p53, abs(value) < 1e16 else { return "\(value)" }
    return "\(Int64(value)).0"
  }

  /// A whole number with commas between groups of three digits: `109,726`.
  package static func grouped(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return (number < 0 ? "-" : "") + String(digits)
  }

  /// As C's `printf`, with a decimal point whatever the program's locale, and with Python's `nan`
  /// without a sign.
  package static func print(_ format: String, _ value: Double, precision: Int? = nil) -> String {
    guard !value.isNaN else { return "nan" }
    let pointLocale = newlocale(Int32(1) << LC_NUMERIC, "C", nil)
    let before = uselocale(pointLocale)
    defer {
      uselocale(before)
      freelocale(pointLocale)
    }
    let arguments: [any CVarArg] = precision.map { [Int32($0), value] } ?? [value]
    let count = withVaList(arguments) { vsnprintf(nil, 0, format, $0) }
    return String(unsafeUninitializedCapacity: Int(count) + 1) { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        Int(
          withVaList(arguments) {
            vsnprintf(characters.baseAddress, characters.count, format, $0)
          })
      }
    }
  }
}
