internal import FoundationEssentials
internal import PinionLayers
internal import PinionMetrics
internal import PinionOptimizers
internal import PinionTensor

/// The settings that must be equal to resume from a checkpoint.
struct RunConfiguration: Codable, Equatable {
  /// A type's name, and its hyperparameters as JSON.
  struct Component: Codable, Equatable {
    var type: String
    var hyperparameters: String
  }

  struct Output: Codable, Equatable {
    var name: String
    var loss: Component
    var weight: Double
    var metrics: [Component]
  }

  /// The saved configuration of the network.
  var graph: String
  var optimizer: Component
  var outputs: [Output]
  var seed: UInt64
  var batchSize: Int
  var samples: Int
  var shuffle: Bool
  /// Nil for all epochs, batches and validations.
  var schedule: FitSchedule?
  var callbacks: [Component]
  /// ``Checkpointing/settings``, and the names of the classes.
  var settings: [String: String]

  init(
    model: Model, callbacks: [any Callback], batchSize: Int, samples: Int, shuffle: Bool,
    schedule: FitSchedule, settings: [String: String]
  ) throws {
    graph = String(decoding: try model.graph.configuration(), as: UTF8.self)
    optimizer = try Component(model.optimizer)
    outputs = try model.objectives.map { objective in
      Output(
        name: objective.name, loss: try Component(objective.loss), weight: objective.weight,
        metrics: try objective.metrics.map { try Component(emptied: $0) }
          + objective.weightedMetrics.map { metric in
            var component = try Component(emptied: metric)
            component.type = "weighted " + component.type
            return component
          })
    }
    seed = model.seed
    self.callbacks = try callbacks.map {
      try Component(type: "\(Swift.type(of: $0))", of: $0.hyperparameters)
    }
    (self.batchSize, self.samples, self.shuffle) = (batchSize, samples, shuffle)
    self.schedule = schedule == FitSchedule() ? nil : schedule
    self.settings = settings
  }
}

extension RunConfiguration.Component {
  init<Value: Configurable>(_ value: Value) throws {
    try self.init(type: Value.typeName, of: value)
  }

  /// A metric after a reset, which then holds only its hyperparameters.
  init(emptied metric: any Metric) throws {
    var metric = metric
    metric.reset()
    try self.init(metric)
  }

  init(type: String, of hyperparameters: some Encodable) throws {
    self.type = type
    self.hyperparameters = String(
      decoding: try CheckpointCoding.encode(hyperparameters), as: UTF8.self)
  }
}

extension RunConfiguration {
  /// A place where two configurations differ, and its values in both.
  private typealias Difference = (name: String, value: String, other: String)

  /// All values of this configuration that differ from another one's, and the values there; nil if
  /// the two are equal, in whatever notation.
  func difference(from other: RunConfiguration) -> (own: String, other: String)? {
    guard self != other else { return nil }
    let differences = differences(from: other)
    guard !differences.isEmpty else { return nil }
    func list(_ values: [(name: String, value: String)]) -> String {
      values.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
    }
    return (
      list(differences.map { ($0.name, $0.value) }), list(differences.map { ($0.name, $0.other) })
    )
  }

  private func differences(from other: RunConfiguration) -> [Difference] {
    var differences: [Difference] = []
    func compare<Value: Equatable>(
      _ name: String, _ value: Value, _ other: Value, _ text: (Value) -> String = { "\($0)" }
    ) {
      if value != other { differences.append((name, text(value), text(other))) }
    }
    if graph != other.graph {
      // The configuration is too long for a message.
      differences.append(("the network", "this one", "another"))
    } else {
      compare("the outputs", outputs.map(\.name), other.outputs.map(\.name)) { names in
        names.isEmpty ? "none" : names.map(\.debugDescription).joined(separator: ", ")
      }
      for (own, other) in zip(outputs, other.outputs) {
        let of = outputs.count > 1 ? " of output \(own.name.debugDescription)" : ""
        differences += Self.differences("the loss\(of)", own.loss, other.loss)
        compare("the weight of the loss\(of)", own.weight, other.weight)
        differences += Self.differences("metric", of, own.metrics, other.metrics)
      }
    }
    differences += Self.differences("the optimizer", optimizer, other.optimizer)
    compare("the seed", seed, other.seed)
    compare("the batch size", batchSize, other.batchSize)
    compare("the number of samples", samples, other.samples)
    compare("shuffling", shuffle, other.shuffle) { $0 ? "yes" : "no" }
    let (own, others) = (schedule ?? FitSchedule(), other.schedule ?? FitSchedule())
    compare("the initial epoch", own.initialEpoch, others.initialEpoch)
    func text(_ steps: Int?) -> String { steps.map { "\($0)" } ?? "all" }
    compare("the steps an epoch", own.stepsPerEpoch, others.stepsPerEpoch, text)
    compare("the validation steps", own.validationSteps, others.validationSteps, text)
    compare(
      "the epochs a validation", own.validationFrequency, others.validationFrequency)
    differences += Self.differences("callback", "", callbacks, other.callbacks)
    for name in Set(settings.keys).union(other.settings.keys).sorted()
    where settings[name] != other.settings[name] {
      differences.append((name, settings[name] ?? "not given", other.settings[name] ?? "not given"))
    }
    return differences
  }

  private static func differences(
    _ kind: String, _ of: String, _ own: [Component], _ others: [Component]
  ) -> [Difference] {
    func list(_ components: [Component]) -> String {
      components.isEmpty ? "none" : components.map(\.type).joined(separator: ", ")
    }
    guard own.map(\.type) == others.map(\.type) else {
      return [("the \(kind)s\(of)", list(own), list(others))]
    }
    return zip(own, others).flatMap { own, other in
      differences("the \(kind) \(own.type)\(of)", own, other)
    }
  }

  private static func differences(
    _ name: String, _ own: Component, _ other: Component
  ) -> [Difference] {
    guard own != other else { return [] }
    guard own.type == other.type else { return [(name, own.type, other.type)] }
    let found: [ConfigurationTree.Difference]
    if let tree = ConfigurationTree(own.hyperparameters),
      let otherTree = ConfigurationTree(other.hyperparameters)
    {
      found = tree.differences(from: otherTree)
    } else {
      found = []
    }
    // Not JSON, or the same values in another notation, which Pinion does not write.
    guard !found.isEmpty else { return [(name, own.hyperparameters, other.hyperparameters)] }
    return found.map { (([name] + $0.path).joined(separator: ", "), $0.value, $0.other) }
  }
}
