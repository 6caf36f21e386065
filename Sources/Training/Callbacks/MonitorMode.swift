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
