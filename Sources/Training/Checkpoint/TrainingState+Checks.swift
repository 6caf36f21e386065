internal import PinionMetrics
internal import PinionTensor

extension TrainingState {
  /// The run that would go on from a state.
  struct Place {
    var conditions: Conditions
    var batchesPerEpoch: Int
    var directions: [String: MetricDirection]
    var metrics: [any Metric]
    var callbacks: [any PinionTraining.Callback]
  }

  /// More steps and epochs than any run takes, and few enough to be counted in double precision and added to.
  private static let countLimit = 1 << 53

  /// Throws what `refuse` makes of a place, what was expected there and what was found, unless the state is one that this run
  /// can have left.
  func check(
    _ run: Place, scalars scalarCount: Int,
    refuse: (_ place: String, _ expected: String, _ found: String) -> FileError
  ) throws {
    try checkConditions(run, refuse)
    func require(
      _ condition: Bool, _ place: String, _ expected: @autoclosure () -> String, _ found: Any
    ) throws {
      if !condition { throw refuse("the state of training: \(place)", expected(), "\(found)") }
    }
    func require(_ value: Int, in range: ClosedRange<Int>, _ place: String) throws {
      try require(
        range.contains(value), place, "\(range.lowerBound)...\(range.upperBound)", value)
    }
    try require(
      history.epochs.elementsEqual(0..<max(0, epoch)) && epoch >= 0, "epoch",
      "\(history.epochs.count), as many as the history has, from 0 on", epoch)
    try require(
      history.directions == run.directions, "history", "the directions of this run's metrics",
      "others")
    try require(batch, in: 0...max(0, run.batchesPerEpoch - 1), "batch")
    // The model may have been trained before; `fit` itself made this many.
    let (steps, overflow) = epoch.multipliedReportingOverflow(by: run.batchesPerEpoch)
    try require(!overflow && steps < Self.countLimit, "epoch", "fewer steps than 2^53", epoch)
    try require(step, in: steps + batch...Self.countLimit, "step")
    try require(epochsBegun, in: epoch + (batch > 0 ? 1 : 0)...Self.countLimit, "epochsBegun")
    let seen =
      batch > 0 ? batch * run.conditions.batchSize : epoch > 0 ? run.conditions.samples : 0
    try require(
      loss.weight == Double(seen) && loss.value.isFinite, "loss",
      "a finite mean over \(seen) samples", "\(loss.value) over \(loss.weight)")
    try require(
      learningRate.map { $0 >= 0 && $0.isFinite } ?? true, "learningRate", "0 or more, finite",
      learningRate ?? 0)
    try require(scalars.count == scalarCount, "scalars", "\(scalarCount) numbers", scalars.count)
    try require(!scalars.contains(where: \.isNaN), "scalars", "numbers", scalars)
    try require(
      metrics.count == run.metrics.count, "metrics", "\(run.metrics.count)", metrics.count)
    try require(
      callbacks.count == run.callbacks.count, "callbacks", "\(run.callbacks.count)",
      callbacks.count)
  }

  /// Throws for all conditions in which the checkpoint's run differs from this one.
  private func checkConditions(
    _ run: Place, _ refuse: (_ place: String, _ expected: String, _ found: String) -> FileError
  ) throws {
    guard conditions != run.conditions else { return }
    let differences = run.conditions.differences(from: conditions)
    func list(_ values: [(name: String, value: String)]) -> String {
      values.map { "\($0.name): \($0.value)" }.joined(separator: "; ")
    }
    throw refuse(
      "what training depends on",
      list(differences.map { ($0.name, $0.value) }) + ", as in this run",
      list(differences.map { ($0.name, $0.other) }))
  }
}
