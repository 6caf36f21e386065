/// The values that training recorded at the end of each epoch.
///
/// Encoded as the epochs and Keras's `history.history`: `{"epochs": [0, 1], "history": {"loss":
/// [0.9, 0.7], …}, "directions": {"loss": "minimize"}}`, with `"learningRates"` if any were
/// recorded.
public struct History: Sendable, Equatable {
  /// The recorded epochs, from 0.
  public private(set) var epochs: [Int] = []

  /// The direction in which each metric improves, by its name without `val_`.
  public let directions: [String: MetricDirection]

  /// The learning rate of the last update of each epoch, in the order of ``epochs``; nil if it was
  /// not recorded.
  public private(set) var learningRates: [Double?] = []

  private var rows: [Logs] = []

  /// An empty history.
  package init(directions: [String: MetricDirection] = [:]) { self.directions = directions }

  /// Adds an epoch.
  package mutating func record(epoch: Int, logs: Logs, learningRate: Double? = nil) {
    epochs.append(epoch)
    rows.append(logs)
    learningRates.append(learningRate)
  }

  /// The sorted names of all recorded values: `accuracy`, `loss`, `val_accuracy`, `val_loss`, and
  /// those that callbacks added.
  public var keys: [String] { Set(rows.flatMap(\.names)).sorted() }

  /// The values under a name in the order of the epochs, without the epochs that lack it; empty for
  /// an unknown name.
  public subscript(name: String) -> [Double] { rows.compactMap { $0[name] } }

  /// The value of each epoch under a name, in the order of ``epochs``; nil where an epoch lacks it.
  package func values(of name: String) -> [Double?] { rows.map { $0[name] } }

  /// The values of an epoch, nil if it was not recorded.
  public func logs(ofEpoch epoch: Int) -> Logs? {
    epochs.firstIndex(of: epoch).map { rows[$0] }
  }

  /// The epoch with the best value under a name, the first of equal ones; nil if no finite value
  /// was recorded.
  ///
  /// - Parameter mode: Whether lower or higher is better. Default: the direction of the metric.
  ///
  /// Throws ``CallbackError/unknownDirection(callback:monitor:known:)`` if that is not known.
  public func bestEpoch(of monitor: String, mode: MonitorMode = .auto) throws -> Int? {
    let direction = try mode.direction(of: monitor, in: directions, callback: "History")
    var best: (epoch: Int, value: Double)?
    for (epoch, logs) in zip(epochs, rows) {
      guard let value = logs[monitor], direction.isImprovement(value, over: best?.value)
      else { continue }
      best = (epoch, value)
    }
    return best?.epoch
  }
}

extension History: Codable {
  private enum Keys: String, CodingKey { case epochs, history, directions, learningRates }

  /// Throws `DecodingError.dataCorrupted` if a series has another length than the epochs.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    epochs = try container.decode([Int].self, forKey: .epochs)
    directions =
      try container.decodeIfPresent([String: MetricDirection].self, forKey: .directions) ?? [:]
    rows = Array(repeating: Logs(), count: epochs.count)
    let rates = try container.decodeIfPresent([CodedNumber?].self, forKey: .learningRates)
    learningRates = rates?.map { $0?.value } ?? Array(repeating: nil, count: epochs.count)
    guard learningRates.count == epochs.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .learningRates, in: container,
        debugDescription: "expected \(epochs.count) rates, found \(learningRates.count)")
    }
    let series = try container.decode([String: [CodedNumber?]].self, forKey: .history)
    // Sorted, each is appended to its row.
    for (name, values) in series.sorted(by: { $0.key < $1.key }) {
      guard values.count == epochs.count else {
        throw DecodingError.dataCorruptedError(
          forKey: .history, in: container,
          debugDescription:
            "\(name): expected \(epochs.count) values, one an epoch, found \(values.count)")
      }
      for (row, value) in values.enumerated() { rows[row][name] = value?.value }
    }
  }

  /// A value that an epoch lacks is `null`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    try container.encode(epochs, forKey: .epochs)
    try container.encode(directions, forKey: .directions)
    if learningRates.contains(where: { $0 != nil }) {
      try container.encode(
        learningRates.map { $0.map { CodedNumber($0) } }, forKey: .learningRates)
    }
    let series = keys.map { name in (name, rows.map { $0[name].map(CodedNumber.init) }) }
    try container.encode(Dictionary(uniqueKeysWithValues: series), forKey: .history)
  }
}
