internal import PinionTensor

/// The mean of the weights at the ends of the last epochs.
///
/// After epoch `startEpoch`, counted from 0, and every `interval`-th one after it: a ← a + (w −
/// a)/(n + 1), with n averaged before. When training ends, by an error too, the weights become a.
/// State that is not trained, such as the moving statistics of batch normalization, is averaged
/// too, as by PyTorch's `AveragedModel(use_buffers=True)`. Izmailov et al. 2018 (arXiv:1803.05407).
public final class StochasticWeightAveraging: Callback {
  private let startEpoch: Int
  private let interval: Int
  private let learningRate: Double?

  private var average: WeightsSnapshot?
  private var current: WeightsSnapshot?
  /// Whether the learning rate was set.
  private var hasSetRate = false

  /// The number of epochs averaged.
  public private(set) var count = 0

  /// - Parameters:
  ///   - startEpoch: The first epoch, from 0, that is averaged.
  ///   - interval: The number of epochs from one averaged to the next.
  ///   - learningRate: The learning rate from the start epoch on, or from the first epoch if
  ///     training begins after it; nil: unchanged.
  public init(startEpoch: Int, interval: Int = 1, learningRate: Double? = nil) {
    self.startEpoch = startEpoch
    self.interval = interval
    self.learningRate = learningRate
  }

  /// Throws ``CallbackError/invalidArgument(callback:argument:expected:found:)`` if an argument is
  /// outside its range.
  public func validate(run: any TrainingRun, logs: ExpectedLogs) throws {
    func require(_ holds: Bool, _ argument: String, _ expected: String, _ found: Any) throws {
      try CallbackError.require(
        holds, argument, of: "StochasticWeightAveraging", expected, found: found)
    }
    try require(startEpoch >= 0, "startEpoch", "0 or more", startEpoch)
    try require(interval >= 1, "interval", "1 or more", interval)
    let rate = learningRate ?? 0
    try require(rate >= 0 && rate.isFinite, "learningRate", "0 or more, finite", rate)
  }

  public var addedLogNames: Set<String>? { [] }

  public func trainingWillBegin(run: any TrainingRun) throws {
    (average, current, count, hasSetRate) = (nil, nil, 0, false)
  }

  public func epochWillBegin(epoch: Int, run: any TrainingRun) throws {
    guard epoch >= startEpoch, !hasSetRate, let learningRate else { return }
    run.learningRate = learningRate
    hasSetRate = true
  }

  public func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
    guard epoch >= startEpoch, (epoch - startEpoch).isMultiple(of: interval) else { return }
    guard let average else {
      (average, count) = (run.weightsSnapshot(), 1)
      return
    }
    if let current {
      run.updateSnapshot(current)
    } else {
      current = run.weightsSnapshot()
    }
    guard let current else { return }
    let divisor = Float(count + 1)
    add(current.parameters.view, to: average.parameters.view, divisor)
    add(current.state.view, to: average.state.view, divisor)
    count += 1
  }

  private func add(_ values: MemoryView<Float>, to mean: MemoryView<Float>, _ divisor: Float) {
    let (w, a) = unsafe (values.base, mean.base)
    for i in 0..<values.count { unsafe a[i] += (w[i] - a[i]) / divisor }
  }

  public func trainingDidEnd(logs: Logs, run: any TrainingRun) throws {
    if let average { run.restoreWeights(average) }
    (average, current) = (nil, nil)
  }

  // MARK: Checkpoints

  public var hyperparameters: [String: String] {
    [
      "startEpoch": "\(startEpoch)", "interval": "\(interval)",
      "learningRate": learningRate.map { "\($0)" } ?? "none",
    ]
  }

  private struct State: Codable {
    var count: Int
    /// Nil in a checkpoint of an earlier version.
    var hasSetRate: Bool?
  }

  public func saveState() throws -> CallbackState? {
    try CallbackState(State(count: count, hasSetRate: hasSetRate), weights: average)
  }

  public func check(state: CallbackState, epochs: Int) throws {
    let name = "StochasticWeightAveraging"
    let count = try state.decode(State.self).count
    try CallbackError.require(count, in: 0...epochs, "count", of: name)
    guard (count == 0) == (state.weights == nil) else {
      throw CallbackError.invalidState(
        callback: name, value: "weights", expected: "a mean of \(count) epochs",
        found: count == 0 ? "weights" : "none")
    }
  }

  public func restore(state: CallbackState) throws {
    let values = try state.decode(State.self)
    (count, average) = (values.count, state.weights)
    hasSetRate = values.hasSetRate ?? (count > 0)
  }
}
