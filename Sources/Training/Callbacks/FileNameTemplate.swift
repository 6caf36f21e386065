/// A file name with fields that are filled with an epoch's number and values:
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
          template: template, expected: "a field's name or \"}\" before \"}\"", found: text)
      default: text.append(character)
      }
    }
    if !text.isEmpty { parts.append(.text(text)) }
  }

  /// The names in the logs that fields ask for.
  var fieldNames: [String] {
    parts.compactMap { part in
      guard case .field(let name, _) = part, name != Self.epochName else { return nil }
      return name
    }
  }

  /// The name, if no field changes it.
  var constantPath: String? {
    guard parts.count == 1, case .text(let text) = parts[0] else { return nil }
    return text
  }

  /// The folder, as far as no field changes it.
  var constantFolder: String {
    guard let slash = constantStart.lastIndex(of: "/") else { return "." }
    return slash == constantStart.startIndex ? "/" : String(constantStart[..<slash])
  }

  /// What stands before the first field.
  private var constantStart: String {
    guard case .text(let text)? = parts.first else { return "" }
    return text
  }

  /// The name with all fields filled; `epoch` as it is to be printed.
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
