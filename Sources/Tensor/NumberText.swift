internal import Glibc

/// Numbers as Python formats them.
package enum NumberText {
  /// A fixed number of decimals, as `%.4f`.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    print("%.*f", value, precision: decimals)
  }

  /// As Keras shows a metric: `%.4f`, or `%.4e` for magnitudes up to 1e-3.
  package static func metric(_ value: Double) -> String {
    print(abs(value) > 1e-3 ? "%.4f" : "%.4e", value)
  }

  /// The shortest text that parses to the same number, as Python's `str`.
  package static func shortest(_ value: Double) -> String {
    // Swift uses an exponent from 2^53 on, Python from 1e16 on. All numbers between are integers.
    guard abs(value) >= 0x1p53, abs(value) < 1e16 else { return "\(value)" }
    return "\(Int64(value)).0"
  }

  /// With commas between groups of three digits: `109,726`.
  package static func grouped(_ number: Int) -> String {
    var digits = Array(String(number.magnitude))
    for place in stride(from: digits.count - 3, to: 0, by: -3) { digits.insert(",", at: place) }
    return (number < 0 ? "-" : "") + String(digits)
  }

  /// As C's `printf` in the C locale, except that `nan` has no sign, as in Python.
  package static func print(_ format: String, _ value: Double, precision: Int? = nil) -> String {
    guard !value.isNaN else { return "nan" }
    let pointLocale = unsafe newlocale(Int32(1) << LC_NUMERIC, "C", nil)
    let before = unsafe uselocale(pointLocale)
    defer {
      unsafe uselocale(before)
      unsafe freelocale(pointLocale)
    }
    let arguments: [any CVarArg] = precision.map { [Int32($0), value] } ?? [value]
    let count = unsafe withVaList(arguments) { unsafe vsnprintf(nil, 0, format, $0) }
    return unsafe String(unsafeUninitializedCapacity: Int(count) + 1) { bytes in
      unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
        unsafe Int(
          withVaList(arguments) {
            unsafe vsnprintf(characters.baseAddress, characters.count, format, $0)
          })
      }
    }
  }
}
