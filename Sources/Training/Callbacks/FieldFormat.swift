internal import PinionTensor

/// How to print a number, in the part of Python's format syntax that file names need:
/// `[0][width][.precision][form]`.
///
/// The forms are those of `printf`: `d` for whole numbers, `f`, `e`, `g` and their capitals;
/// without a form, as `str` prints.
struct FieldFormat {
  private static let longest = 99

  private var padsWithZeros = false
  private var width = 0
  private var precision: Int?
  private var form: Character?

  /// Reads a specification; `nil` if it is none, or none for a number of this kind.
  init?(_ text: Substring, isWhole: Bool) {
    var rest = text
    if rest.first == "0" {
      padsWithZeros = true
      rest.removeFirst()
    }
    if let width = Self.number(&rest) { self.width = width }
    if rest.first == "." {
      rest.removeFirst()
      guard let precision = Self.number(&rest) else { return nil }
      self.precision = precision
    }
    form = rest.popFirst()
    guard rest.isEmpty, width <= Self.longest, (precision ?? 0) <= Self.longest else { return nil }
    switch form {
    case "d": guard isWhole, precision == nil else { return nil }
    case nil: guard precision == nil else { return nil }
    case "f"?, "F"?, "e"?, "E"?, "g"?, "G"?: break
    default: return nil
    }
  }

  /// The text of a whole number.
  func string(of value: Int) -> String {
    form == nil || form == "d" ? padded("\(value)") : string(of: Double(value))
  }

  /// The text of a number.
  func string(of value: Double) -> String {
    guard let form else { return padded(NumberText.shortest(value)) }
    return padded(NumberText.print("%.*\(form)", value, precision: precision ?? 6))
  }

  private func padded(_ text: String) -> String {
    let missing = width - text.count
    guard missing > 0 else { return text }
    guard padsWithZeros else { return String(repeating: " ", count: missing) + text }
    let sign = text.hasPrefix("-") ? "-" : ""
    return sign + String(repeating: "0", count: missing) + text.dropFirst(sign.count)
  }

  private static func number(_ rest: inout Substring) -> Int? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    rest = rest[digits.endIndex...]
    return digits.isEmpty ? nil : Int(digits) ?? Int.max
  }
}
