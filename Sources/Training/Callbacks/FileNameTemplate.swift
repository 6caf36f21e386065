internal import PinionTensor

/// A path with fields for the number of an epoch and values of its logs:
/// `{epoch:02d}-{val_loss:.2f}.safetensors`.
struct FileNameTemplate {
  private enum Part {
    case text(String)
    case field(name: String, format: FieldFormat)
  }

  private static let epochName = "epoch"
  private var parts: [Part] = []

  init(_ template: String) throws(CallbackError) {
    var rest = template[...]
    var text = ""
    while let character = rest.popFirst() {
      switch character {
      case "{" where rest.first == "{", "}" where rest.first == "}":
        text.append(character)
        rest.removeFirst()
      case "{":
        guard let end = rest.firstIndex(of: "}") else {
          throw .invalidTemplate(
            template: template, expected: "\"}\" after \"{\(rest)\"", found: "the end")
        }
        if !text.isEmpty { parts.append(.text(text)) }
        text = ""
        parts.append(try Self.field(rest[..<end], in: template))
        rest = rest[rest.index(after: end)...]
      case "}":
        throw .invalidTemplate(
          template: template, expected: "a field's name or \"}\" before \"}\"",
          found: text.isEmpty ? "nothing" : text)
      default: text.append(character)
      }
    }
    if !text.isEmpty { parts.append(.text(text)) }
  }

  /// The names in the logs that the fields need.
  var fieldNames: [String] {
    parts.compactMap { part in
      guard case .field(let name, _) = part, name != Self.epochName else { return nil }
      return name
    }
  }

  /// The path, if it has no fields.
  var constantPath: String? {
    guard parts.count == 1, case .text(let text) = parts[0] else { return nil }
    return text
  }

  /// The folder, up to the first field.
  var constantFolder: String {
    guard let slash = constantStart.lastIndex(of: "/") else { return "." }
    return slash == constantStart.startIndex ? "/" : String(constantStart[..<slash])
  }

  /// The text before the first field.
  private var constantStart: String {
    guard case .text(let text)? = parts.first else { return "" }
    return text
  }

  /// The path with all fields filled; `epoch` counts from 1.
  func filled(epoch: Int, logs: Logs) throws(CallbackError) -> String {
    var name = ""
    for part in parts {
      switch part {
      case .text(let text): name += text
      case .field(Self.epochName, let format): name += format.string(of: epoch)
      case .field(let field, let format):
        name += format.string(of: try logs.value(of: field, for: "ModelCheckpoint"))
      }
    }
    return name
  }

  /// The path with zeros for values of the logs: no number has a shorter text.
  func shortest(epoch: Int) throws(CallbackError) -> String {
    var zeros = Logs()
    for name in fieldNames { zeros[name] = 0 }
    return try filled(epoch: epoch, logs: zeros)
  }

  private static func field(
    _ text: Substring, in template: String
  ) throws(CallbackError) -> Part {
    let halves = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(halves[0])
    let isName =
      !name.isEmpty && !name.contains { "{![.".contains($0) || $0.isWhitespace }
    guard isName else {
      throw .invalidTemplate(
        template: template, expected: "a metric's name or \"epoch\" after \"{\"",
        found: "{\(text)}")
    }
    let specification = halves.count > 1 ? halves[1] : ""
    guard let format = FieldFormat(specification, isWhole: name == epochName) else {
      let expected =
        name == epochName
        ? "a width and \"d\", such as {epoch:02d}"
        : "decimals and \"f\", \"e\" or \"g\", such as {\(name):.2f}"
      throw .invalidTemplate(template: template, expected: expected, found: "{\(text)}")
    }
    return .field(name: name, format: format)
  }
}

/// The format of a number, in a part of Python's format syntax: `[0][width][.precision][form]`.
///
/// The forms are those of `printf`: `d` for integers, `f`, `e`, `g` and their capitals; without a
/// form, the shortest digits that read back as the same number.
struct FieldFormat {
  private static let longest = 99

  private var padsWithZeros = false
  private var width = 0
  private var precision: Int?
  private var form: Character?

  /// Nil if the text is not a format, or not one for a number of this kind.
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

  func string(of value: Int) -> String {
    form == nil || form == "d" ? padded("\(value)") : string(of: Double(value))
  }

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
