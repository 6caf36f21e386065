extension TrainingState.Conditions {
  /// A condition by name, here and there.
  typealias Difference = (name: String, value: String, other: String)

  /// In what these differ from others, in words.
  func differences(from other: Self) -> [Difference] {
    var differences: [Difference] = []
    func compare<Value: Equatable>(
      _ name: String, _ path: KeyPath<Self, Value>, _ words: (Value) -> String = { "\($0)" }
    ) {
      guard self[keyPath: path] != other[keyPath: path] else { return }
      differences.append((name, words(self[keyPath: path]), words(other[keyPath: path])))
    }
    // A network's configuration is too long for a line.
    if graph != other.graph { differences.append(("the network", "this one", "another")) }
    differences += Self.configured("the optimizer", optimizer, other.optimizer)
    differences += Self.configured("the loss", loss, other.loss)
    compare("the seed", \.seed)
    compare("the batch size", \.batchSize)
    compare("the number of samples", \.samples)
    compare("shuffling", \.shuffle) { $0 ? "yes" : "no" }
    compare("the metrics", \.metrics, Self.list)
    compare("the callbacks", \.callbacks, Self.list)
    for name in Set(settings.keys).union(other.settings.keys).sorted()
    where settings[name] != other.settings[name] {
      differences.append((name, settings[name] ?? "not given", other.settings[name] ?? "not given"))
    }
    return differences
  }

  private static func list(_ names: [String]) -> String {
    names.isEmpty ? "none" : names.joined(separator: ", ")
  }

  /// In what two values differ that are written as their type's name, a space and their configuration as JSON.
  private static func configured(_ name: String, _ value: String, _ other: String) -> [Difference] {
    guard value != other else { return [] }
    func parts(_ text: String) -> (type: String, configuration: ConfigurationTree?) {
      let parts = text.split(separator: " ", maxSplits: 1)
      return (
        parts.first.map { String($0) } ?? "",
        parts.dropFirst().first.flatMap { ConfigurationTree($0) }
      )
    }
    let (own, others) = (parts(value), parts(other))
    guard own.type == others.type else { return [(name, own.type, others.type)] }
    guard let tree = own.configuration, let otherTree = others.configuration else {
      return [(name, value, other)]
    }
    let found = tree.differences(from: otherTree)
    // Spelled otherwise and yet the same, which no reader of ours writes.
    guard !found.isEmpty else { return [(name, value, other)] }
    return found.map { (([name] + $0.path).joined(separator: ", "), $0.value, $0.other) }
  }
}
