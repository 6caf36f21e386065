/// The values of an epoch, or of an epoch so far, by name: `loss`, `accuracy`, `val_loss`,
/// `val_accuracy`, `learning_rate`.
///
/// Lists its names alphabetically, as Keras 3. Setting a value under a name it already has
/// allocates nothing.
public struct Logs: Sendable, Equatable, ExpressibleByDictionaryLiteral, RandomAccessCollection {
  private var entries: [(name: String, value: Double)] = []

  /// Logs without values.
  public init() {}

  /// Logs of the given values; of a name given twice, the last value.
  public init(dictionaryLiteral elements: (String, Double)...) {
    for (name, value) in elements { self[name] = value }
  }

  /// The names, sorted.
  public var names: [String] { entries.map(\.name) }

  /// The value under a name, `nil` if there is none; setting `nil` removes it.
  public subscript(name: String) -> Double? {
    get {
      let index = position(of: name)
      return index < entries.count && entries[index].name == name ? entries[index].value : nil
    }
    set {
      let index = position(of: name)
      let isPresent = index < entries.count && entries[index].name == name
      switch (newValue, isPresent) {
      case (let value?, true): entries[index].value = value
      case (let value?, false): entries.insert((name, value), at: index)
      case (nil, true): entries.remove(at: index)
      case (nil, false): break
      }
    }
  }

  /// The first position.
  public var startIndex: Int { 0 }

  /// One past the last position.
  public var endIndex: Int { entries.count }

  /// The name and value at a position in alphabetical order.
  public subscript(position: Int) -> (name: String, value: Double) { entries[position] }

  /// Whether both hold the same names and equal values.
  public static func == (left: Logs, right: Logs) -> Bool {
    left.entries.elementsEqual(right.entries) { $0 == $1 }
  }

  private func position(of name: String) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle].name < name { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

extension Logs {
  /// The name under which callbacks that change the learning rate log it.
  static let learningRateName = "learning_rate"

  /// The value that a callback cannot do without.
  func value(of name: String, for callback: String) throws(CallbackError) -> Double {
    guard let value = self[name] else {
      throw .missingMetric(callback: callback, name: name, available: names)
    }
    return value
  }
}

extension Logs: Codable {
  /// Reads a dictionary of numbers.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer().decode([String: CodedNumber].self)
    // Each goes to the end.
    for (name, value) in values.sorted(by: { $0.key < $1.key }) { self[name] = value.value }
  }

  /// Writes a dictionary of numbers.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    let pairs = map { ($0.name, CodedNumber($0.value)) }
    try container.encode(Dictionary(uniqueKeysWithValues: pairs))
  }
}

/// The values that the logs will hold when a callback sees them at the end of an epoch, as far as that is known
/// before training.
///
/// They are `loss` and the metrics, their twins that begin with `val_` if there are validation data, and what the
/// callbacks before say that they add.
public struct ExpectedLogs: Sendable, Equatable {
  /// The names that are known.
  public private(set) var names: Set<String>
  /// Whether there will be no others: whether all callbacks before say what they add.
  public private(set) var isComplete: Bool
  /// What training itself measures.
  private let measured: Set<String>

  /// Logs of the given names. Default: and no others.
  public init(_ names: Set<String>, isComplete: Bool = true) {
    self.names = names
    self.isComplete = isComplete
    measured = names
  }

  /// The logs of a run that measures the given metrics.
  init(metrics: [String], isValidated: Bool) {
    measured = Set(metrics + ["loss"])
    names = isValidated ? measured.union(measured.map { "val_" + $0 }) : measured
    isComplete = true
  }

  /// Adds what a callback says that it adds.
  mutating func add(_ callback: any Callback) {
    if let added = callback.addedLogNames {
      names.formUnion(added)
    } else {
      isComplete = false
    }
  }

  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if it is known that there will be no value under a
  /// name.
  ///
  /// A name that a callback before may still add is let through, unless it is that of a validation value of training's own,
  /// which needs validation data.
  public func require(_ name: String, for callback: String) throws(CallbackError) {
    if names.contains(name) { return }
    let isOwn = name.hasPrefix("val_") && measured.contains(String(name.dropFirst(4)))
    guard isComplete || isOwn else { return }
    throw .missingMetric(callback: callback, name: name, available: names.sorted())
  }
}

/// A number as JSON can hold it: a value that is not finite is the string `nan`, `inf` or `-inf`.
package struct CodedNumber: Codable, Sendable, Equatable {
  package var value: Double

  package init(_ value: Double) { self.value = value }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      value = number
      return
    }
    let text = try container.decode(String.self)
    guard let number = Double(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a number, found \"\(text)\"")
    }
    value = number
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if value.isFinite {
      try container.encode(value)
    } else {
      try container.encode("\(value)")
    }
  }
}
