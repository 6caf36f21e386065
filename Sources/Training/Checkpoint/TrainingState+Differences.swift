extension TrainingState.Conditions {
  /// A condition by name, here and there.
  typealias Difference = (name: String, value: String, other: String)

  /// In what these differ from others.
  func differences(from other: Self) -> [Difference] {
    var differences: [Difference] = []
    func compare<Value: Equatable>(_ name: String, _ path: KeyPath<Self, Value>) {
      guard self[keyPath: path] != other[keyPath: path] else { return }
      differences.append((name, "\(self[keyPath: path])", "\(other[keyPath: path])"))
    }
    // A network's configuration is too long for a line.
    if graph != other.graph { differences.append(("the network", "this one", "another")) }
    compare("the optimiser", \.optimizer)
    compare("the loss", \.loss)
    compare("the seed", \.seed)
    compare("the batch size", \.batchSize)
    compare("the number of samples", \.samples)
    compare("shuffling", \.shuffle)
    compare("the metrics", \.metrics)
    compare("the callbacks", \.callbacks)
    for name in Set(settings.keys).union(other.settings.keys).sorted()
    where settings[name] != other.settings[name] {
      differences.append((name, settings[name] ?? "not given", other.settings[name] ?? "not given"))
    }
    return differences
  }
}
