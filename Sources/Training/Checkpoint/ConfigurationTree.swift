internal import FoundationEssentials

/// A saved configuration as a tree, to find the differences of two.
indirect enum ConfigurationTree: Decodable, Equatable {
  case object([String: ConfigurationTree])
  case list([ConfigurationTree])
  case whole(Int)
  case number(Double)
  case text(String)
  case truth(Bool)
  case nothing

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .nothing
    } else if let truth = try? container.decode(Bool.self) {
      self = .truth(truth)
    } else if let whole = try? container.decode(Int.self) {
      self = .whole(whole)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([ConfigurationTree].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: ConfigurationTree].self))
    }
  }

  /// Nil if the text is not JSON.
  init?(_ json: some StringProtocol) {
    guard let tree = try? JSONDecoder().decode(Self.self, from: Data(json.utf8)) else { return nil }
    self = tree
  }

  /// A path at which two trees differ, and the values there: `learning rate, decay steps`, 900,
  /// 450.
  typealias Difference = (path: [String], value: String, other: String)

  /// All differences from another tree. Where the types of two parts differ, the types alone are
  /// listed, since their fields are different ones.
  func differences(from other: ConfigurationTree) -> [Difference] {
    guard self != other else { return [] }
    guard case .object(let fields) = self, case .object(let others) = other else {
      return [([], words, other.words)]
    }
    if fields["type"] != others["type"] { return [([], words, other.words)] }
    return Set(fields.keys).union(others.keys).sorted().flatMap { key -> [Difference] in
      let (value, other) = (fields[key] ?? .nothing, others[key] ?? .nothing)
      // The configuration beside a type is not a step of the path.
      let step = key == "configuration" ? [] : [Self.words(key)]
      return value.differences(from: other).map { (step + $0.path, $0.value, $0.other) }
    }
  }

  /// A value as text; of an object its type.
  private var words: String {
    switch self {
    case .object(let fields):
      if case .text(let type)? = fields["type"] { return Self.words(type) }
      return fields.keys.sorted().map { Self.words($0) }.joined(separator: ", ")
    case .list(let elements): return elements.map(\.words).joined(separator: ", ")
    case .whole(let number): return "\(number)"
    case .number(let number): return "\(number)"
    case .text(let text): return text
    case .truth(let truth): return truth ? "yes" : "no"
    case .nothing: return "none"
    }
  }

  /// A camel-case name as words: `decay steps` for `decaySteps`.
  private static func words(_ name: String) -> String {
    var words = ""
    for character in name {
      if character.isUppercase, let last = words.last, last.isLowercase { words += " " }
      words += character.lowercased()
    }
    return words
  }
}
