internal import FoundationEssentials
internal import PinionTensor

/// A value of JSON, as in Keras's configurations.
enum KerasValue: Sendable, Equatable {
  case object([String: KerasValue])
  case list([KerasValue])
  case integer(Int)
  case number(Double)
  case text(String)
  case truth(Bool)
  case nothing

  /// The configuration of a Keras object of a class.
  static func object(
    _ className: String, in module: String, _ configuration: [String: KerasValue]
  ) -> KerasValue {
    .object([
      "module": .text(module), "class_name": .text(className), "config": .object(configuration),
      "registered_name": .nothing,
    ])
  }

  /// The shortest decimal that rounds to the float.
  static func float(_ value: Float) -> KerasValue { .number(Double("\(value)") ?? Double(value)) }

  /// Null for nil.
  static func optional(_ value: Double?) -> KerasValue { value.map { .number($0) } ?? .nothing }

  static func integers(_ values: [Int]) -> KerasValue { .list(values.map { .integer($0) }) }

  subscript(key: String) -> KerasValue? {
    if case .object(let members) = self { members[key] } else { nil }
  }

  var members: [String: KerasValue]? {
    if case .object(let members) = self { members } else { nil }
  }

  var list: [KerasValue]? { if case .list(let list) = self { list } else { nil } }

  var text: String? { if case .text(let text) = self { text } else { nil } }

  var truth: Bool? { if case .truth(let truth) = self { truth } else { nil } }

  var integer: Int? {
    switch self {
    case .integer(let value): value
    case .number(let value): Int(exactly: value)
    default: nil
    }
  }

  var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// In short, for errors.
  var words: String {
    switch self {
    case .object(let members):
      if case .text(let name)? = members["class_name"] { return name.debugDescription }
      return "an object"
    case .list(let list):
      return list.count > 8 ? "a list" : "[" + list.map(\.words).joined(separator: ", ") + "]"
    case .integer(let value): return "\(value)"
    case .number(let value): return "\(value)"
    case .text(let text): return String(text.prefix(100)).debugDescription
    case .truth(let truth): return "\(truth)"
    case .nothing: return "null"
    }
  }
}

extension KerasValue {
  /// Reads a value nested up to `depth`. Foundation's decoder takes 15 µs for a short string.
  private init(_ scanner: inout JSONScanner, depth: Int) throws(FileError) {
    scanner.skipWhitespace()
    guard depth > 0 else { throw scanner.failure("no deeper nesting") }
    switch scanner.next {
    case UInt8(ascii: "{"):
      var members: [String: KerasValue] = [:]
      try scanner.object { (scanner, name) throws(FileError) in
        members[name] = try KerasValue(&scanner, depth: depth - 1)
      }
      self = .object(members)
    case UInt8(ascii: "["):
      var list: [KerasValue] = []
      try scanner.array { (scanner) throws(FileError) in
        list.append(try KerasValue(&scanner, depth: depth - 1))
      }
      self = .list(list)
    case UInt8(ascii: "\""): self = .text(try scanner.string("a string"))
    default:
      switch try scanner.literal() {
      case .null: self = .nothing
      case .truth(let truth): self = .truth(truth)
      case .integer(let value): self = .integer(value)
      case .number(let value): self = .number(value)
      }
    }
  }

  /// The JSON, with sorted keys.
  ///
  /// Foundation's encoder is not used, since it writes 0.0 as 0: Keras requires floats for some
  /// options, such as momentum.
  var json: [UInt8] {
    get throws {
      var text = ""
      try write(to: &text)
      return Array(text.utf8)
    }
  }

  private func write(to text: inout String) throws {
    func quoted(_ text: String) throws -> String {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .withoutEscapingSlashes
      return String(decoding: try encoder.encode(text), as: UTF8.self)
    }
    switch self {
    case .object(let members):
      text += "{"
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        text += (index == 0 ? "" : ", ") + (try quoted(member.key)) + ": "
        try member.value.write(to: &text)
      }
      text += "}"
    case .list(let list):
      text += "["
      for (index, value) in list.enumerated() {
        text += index == 0 ? "" : ", "
        try value.write(to: &text)
      }
      text += "]"
    case .integer(let value): text += "\(value)"
    case .number(let value):
      guard value.isFinite else {
        throw EncodingError.invalidValue(
          value, .init(codingPath: [], debugDescription: "a finite number expected"))
      }
      text += "\(value)"
    case .text(let value): text += try quoted(value)
    case .truth(let value): text += "\(value)"
    case .nothing: text += "null"
    }
  }

  /// Decodes JSON within the limits of `JSONDocument`.
  init(json: [UInt8], file: String, place: String) throws(FileError) {
    try JSONDocument.check(Data(json), file: file, place: place)
    var scanner = JSONScanner(json, file: file, place: place)
    try self.init(&scanner, depth: JSONDocument.depthLimit)
  }
}
