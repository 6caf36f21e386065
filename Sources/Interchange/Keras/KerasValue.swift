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

extension KerasValue: Decodable {
  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    if let container = try? decoder.container(keyedBy: Key.self) {
      var members: [String: KerasValue] = [:]
      for key in container.allKeys {
        members[key.stringValue] = try container.decode(KerasValue.self, forKey: key)
      }
      self = .object(members)
      return
    }
    if var container = try? decoder.unkeyedContainer() {
      var list: [KerasValue] = []
      while !container.isAtEnd { list.append(try container.decode(KerasValue.self)) }
      self = .list(list)
      return
    }
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .nothing
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let truth = try? container.decode(Bool.self) {
      self = .truth(truth)
    } else if let integer = try? container.decode(Int.self) {
      self = .integer(integer)
    } else {
      self = .number(try container.decode(Double.self))
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
    let data = Data(json)
    try JSONDocument.check(data, file: file, place: place)
    do {
      self = try JSONDecoder().decode(KerasValue.self, from: data)
    } catch {
      throw FileError(file: file, place: place, expected: "JSON", found: "\(error)")
    }
  }
}
