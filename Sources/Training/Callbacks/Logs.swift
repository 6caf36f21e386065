internal import PinionMetrics
internal import PinionTensor

/// The values of an epoch, or of an epoch so far, by name: `loss`, `accuracy`, `val_loss`,
/// `val_accuracy`, `learning_rate`.
///
/// A collection of names and values in the alphabetical order of the names, as in Keras 3. Setting
/// the value of an existing name does not allocate. Of an epoch so far, the values of metrics are
/// computed when they are read.
public struct Logs: Sendable, Equatable, ExpressibleByDictionaryLiteral, RandomAccessCollection {
  private struct Entry: Sendable {
    let name: String
    var number: Double
    /// Holds the value in place of ``number``; nil if that is the value.
    var metric: (any Metric)?

    var value: Double { metric?.value ?? number }
  }

  private var entries: [Entry] = []

  public init() {}

  /// If a name occurs twice, the last value counts.
  public init(dictionaryLiteral elements: (String, Double)...) {
    for (name, value) in elements { self[name] = value }
  }

  /// The sorted names.
  public var names: [String] { entries.map(\.name) }

  /// The value under a name, nil if there is none; setting nil removes it.
  public subscript(name: String) -> Double? {
    get {
      let index = position(of: name)
      return index < entries.count && entries[index].name == name ? entries[index].value : nil
    }
    set {
      let index = position(of: name)
      let isPresent = index < entries.count && entries[index].name == name
      switch (newValue, isPresent) {
      case (let value?, true): (entries[index].number, entries[index].metric) = (value, nil)
      case (let value?, false): entries.insert(Entry(name: name, number: value), at: index)
      case (nil, true): entries.remove(at: index)
      case (nil, false): break
      }
    }
  }

  public var startIndex: Int { 0 }
  public var endIndex: Int { entries.count }

  /// Traps unless there is such an entry.
  public subscript(position: Int) -> (name: String, value: Double) {
    require(entries.indices.contains(position), "entry \(position) of \(entries.count) logs")
    return (entries[position].name, entries[position].value)
  }

  public static func == (left: Logs, right: Logs) -> Bool {
    left.elementsEqual(right) { $0 == $1 }
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

/// Values of metrics that are computed when they are read: those that sort all samples so far would
/// take more time after each batch than the batch.
extension Logs {
  /// Sets the value under a name to that of a metric, without computing it.
  mutating func set(_ name: String, to metric: any Metric) {
    let index = position(of: name)
    if index == entries.count || entries[index].name != name {
      entries.insert(Entry(name: name, number: .nan), at: index)
    }
    entries[index].metric = metric
  }

  /// Computes all values.
  mutating func settleMetrics() {
    for index in entries.indices where entries[index].metric != nil {
      (entries[index].number, entries[index].metric) = (entries[index].value, nil)
    }
  }

  /// Releases the metrics, so that adding samples to them does not copy their memory. Their values
  /// are invalid until they are set again.
  mutating func releaseMetrics() {
    for index in entries.indices { entries[index].metric = nil }
  }
}

extension Logs {
  /// The name under which callbacks that change the learning rate log it.
  static let learningRateName = "learning_rate"

  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if there is no value.
  func value(of name: String, for callback: String) throws(CallbackError) -> Double {
    guard let value = self[name] else {
      throw .missingMetric(callback: callback, name: name, available: names)
    }
    return value
  }
}

/// Encoded as a dictionary of numbers.
extension Logs: Codable {
  public init(from decoder: any Decoder) throws {
    let values = try decoder.singleValueContainer().decode([String: CodedNumber].self)
    // Sorted, each is appended.
    for (name, value) in values.sorted(by: { $0.key < $1.key }) { self[name] = value.value }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    let pairs = map { ($0.name, CodedNumber($0.value)) }
    try container.encode(Dictionary(uniqueKeysWithValues: pairs))
  }
}

/// The names of the values that the logs will hold at the end of an epoch, as far as they are known
/// before training.
///
/// They are the losses and metrics, the same with the prefix `val_` if there are validation data,
/// and the ``Callback/addedLogNames`` of the preceding callbacks.
public struct ExpectedLogs: Sendable, Equatable {
  /// The known names.
  public private(set) var names: Set<String>
  /// Whether there will be no other names.
  public private(set) var isComplete: Bool
  /// The losses and metrics of training.
  private let measured: Set<String>

  public init(_ names: Set<String>, isComplete: Bool = true) {
    self.names = names
    self.isComplete = isComplete
    measured = names
  }

  /// The logs of a run with the given losses and metrics.
  init(measured: Set<String>, isValidated: Bool) {
    self.measured = measured
    names = isValidated ? measured.union(measured.map { "val_" + $0 }) : measured
    isComplete = true
  }

  mutating func add(_ callback: any Callback) {
    if let added = callback.addedLogNames {
      names.formUnion(added)
    } else {
      isComplete = false
    }
  }

  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if the logs will certainly
  /// have no value under a name.
  ///
  /// A name that a preceding callback may add is accepted, unless it is that of a loss or metric
  /// with `val_`, which needs validation data.
  public func require(_ name: String, for callback: String) throws(CallbackError) {
    if names.contains(name) { return }
    let isOwn = name.hasPrefix("val_") && measured.contains(String(name.dropFirst(4)))
    guard isComplete || isOwn else { return }
    throw .missingMetric(callback: callback, name: name, available: names.sorted())
  }
}

/// A number in JSON; a value that is not finite is the string `nan`, `inf` or `-inf`.
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
