/// In which direction a metric improves.
public enum MetricDirection: String, Sendable, Codable {
  /// Less is better, as of a loss.
  case minimize
  /// More is better, as of an accuracy.
  case maximize

  /// Whether a value beats a reference by more than `minDelta`, as in Keras 3.
  ///
  /// `value + minDelta < reference` if less is better, `value − minDelta > reference` if more is. A
  /// value that is not finite beats nothing; without a reference, or over NaN, any finite value is
  /// an improvement. The comparison is one of floats, as in Keras: what differs by rounding alone is
  /// equal.
  public func isImprovement(
    _ value: Double, over reference: Double?, minDelta: Double = 0
  ) -> Bool {
    guard value.isFinite else { return false }
    guard let reference, !reference.isNaN else { return true }
    return switch self {
    case .minimize: Float(value + abs(minDelta)) < Float(reference)
    case .maximize: Float(value - abs(minDelta)) > Float(reference)
    }
  }

  /// The direction of the metric under a name in the logs, with or without `val_`; a loss is
  /// minimised whether listed or not.
  static func named(_ name: String, in directions: [String: MetricDirection]) -> MetricDirection? {
    let metric = name.hasPrefix("val_") ? String(name.dropFirst(4)) : name
    return directions[metric] ?? (metric == "loss" ? .minimize : nil)
  }
}

/// What counts as an improvement of a watched metric.
public enum MonitorMode: Sendable {
  /// The metric's own direction: ``TrainingRun/metricDirections``.
  case auto
  /// Less is better.
  case minimize
  /// More is better.
  case maximize

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
