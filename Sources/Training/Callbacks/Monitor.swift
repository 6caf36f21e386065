/// The direction in which a metric improves.
public enum MetricDirection: String, Sendable, Codable {
  /// Lower is better, as for a loss.
  case minimize
  /// Higher is better, as for an accuracy.
  case maximize

  /// Whether a value is better than a reference by more than `minDelta`, as in Keras 3:
  /// value + |minDelta| < reference, or value − |minDelta| > reference.
  ///
  /// A value that is not finite is no improvement. Without a reference, or if it is NaN, any finite
  /// value is. Values are compared as floats, as in Keras, so that differences in the last bits of
  /// a double do not count.
  package func isImprovement(
    _ value: Double, over reference: Double?, minDelta: Double = 0
  ) -> Bool {
    guard value.isFinite else { return false }
    guard let reference, !reference.isNaN else { return true }
    return switch self {
    case .minimize: Float(value + abs(minDelta)) < Float(reference)
    case .maximize: Float(value - abs(minDelta)) > Float(reference)
    }
  }

  /// The direction of a metric by its name in the logs, with or without `val_`; nil if unknown.
  static func named(_ name: String, in directions: [String: MetricDirection]) -> MetricDirection? {
    let metric = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
    return directions[metric] ?? (metric == "loss" ? .minimize : nil)
  }
}

/// Whether lower or higher values of a monitored metric are better.
public enum MonitorMode: String, Sendable {
  /// The direction of the metric: ``TrainingRun/metricDirections``.
  case auto
  /// Lower is better.
  case minimize
  /// Higher is better.
  case maximize

  /// Throws ``CallbackError/unknownDirection(callback:monitor:known:)`` for `auto` if the metric's
  /// direction is unknown.
  func direction(
    of monitor: String, in directions: [String: MetricDirection], callback: String
  ) throws(CallbackError) -> MetricDirection {
    switch self {
    case .minimize: return .minimize
    case .maximize: return .maximize
    case .auto:
      guard let direction = MetricDirection.named(monitor, in: directions) else {
        let known = Set(directions.keys).union(["loss"]).sorted()
        throw .unknownDirection(callback: callback, monitor: monitor, known: known)
      }
      return direction
    }
  }
}

/// The value in the logs that a callback monitors.
struct Monitor {
  let callback: String
  let name: String
  let mode: MonitorMode
  private(set) var direction = MetricDirection.minimize

  init(_ name: String, mode: MonitorMode, callback: String) {
    self.name = name
    self.mode = mode
    self.callback = callback
  }

  var hyperparameters: [String: String] { ["monitor": name, "mode": mode.rawValue] }

  /// Throws ``CallbackError`` if the logs will not have the value, or its direction is unknown.
  func validate(run: any TrainingRun, _ logs: ExpectedLogs) throws(CallbackError) {
    _ = try mode.direction(of: name, in: run.metricDirections, callback: callback)
    try logs.require(name, for: callback)
  }

  /// Looks up the direction. Throws ``CallbackError`` if it is unknown.
  mutating func begin(_ run: any TrainingRun) throws(CallbackError) {
    direction = try mode.direction(of: name, in: run.metricDirections, callback: callback)
  }

  /// The value after an epoch; nil if it is one of the validation data, and the epoch ends without
  /// a validation.
  ///
  /// Throws ``CallbackError/missingMetric(callback:name:available:)`` if there is no value.
  func value(
    in logs: Logs, epoch: Int, run: any TrainingRun
  ) throws(CallbackError) -> Double? {
    if name.hasPrefix("val_"), logs[name] == nil, !run.isValidated(epoch: epoch) { return nil }
    return try logs.value(of: name, for: callback)
  }
}
