public import PinionLayers
public import PinionMetrics
public import PinionOptimizers
public import PinionTensor

/// A network with what it takes to train it: an optimizer, a loss, metrics, and random numbers of its own.
///
/// ```swift
/// let model = try Model(
///   Sequential(input: [28, 28, 1]) {
///     Conv2D(32, kernel: 3, padding: .same, activation: .relu)
///     MaxPool2D()
///     Flatten()
///     Dense(10, activation: .softmax)
///   },
///   optimizer: Adam(learningRate: 0.001), loss: .sparseCategoricalCrossEntropy)
/// try model.fit(training, validation: validation, epochs: 10, batchSize: 100)
/// print(try model.evaluate(test))
/// ```
///
/// All results depend on the seed, the data and the calls alone; not on the number of threads, nor on who computes what.
public final class Model {
  /// The layers and their connections.
  public let graph: Graph
  /// The parameters.
  public let weights: Weights
  /// The update rule.
  public let optimizer: any Optimizer
  /// What training makes small.
  public let loss: any Loss
  /// What is reported besides the loss.
  public let metrics: [any Metric]
  /// What all random numbers depend on: first weights, shuffling, dropout.
  public let seed: UInt64
  /// The threads that train and evaluate.
  public let pool: ThreadPool
  /// What the classes are called, in the order of their numbers: as in the data that the model was first trained on. Files keep them.
  ///
  /// `fit`, `evaluate` and `predict` compare them with those of a data set that names its classes, and throw where a class has another
  /// number. Nil compares nothing; set it to train on classes of other names.
  public var classNames: [String]?
  /// The number of epochs that were begun, over all calls of `fit`.
  public package(set) var epochsBegun = 0

  package let optimizerState: OptimizerState
  package var rateOverride: Double?
  let workspaces: WorkspaceCache
  /// What is not trained, such as moving statistics, as it was before the step under way.
  private let stateBefore: AlignedBuffer

  /// A model with first weights.
  ///
  /// - Parameters:
  ///   - definition: A ``Sequential`` chain or a ``Graph``.
  ///   - optimizer: The update rule. Default: Adam.
  ///   - loss: What training makes small. Default: cross-entropy of class numbers.
  ///   - metrics: What is reported besides. Default: accuracy, if the loss compares classes.
  ///   - seed: What all random numbers depend on. Default: 0.
  ///   - threads: How many threads train and evaluate. Default: the process's pool, one a core.
  ///
  /// Throws `ArgumentError` if the optimizer's numbers make no sense, ``TrainingError`` if the number of threads
  /// makes none, `ResourceError` if the system does not grant the threads or the memory.
  public init(
    _ definition: some ModelDefinition, optimizer: some Optimizer = Adam(),
    loss: some Loss = .sparseCategoricalCrossEntropy, metrics: [any Metric]? = nil,
    seed: UInt64 = 0, threads: Int? = nil
  ) throws {
    try optimizer.validate()
    graph = definition.graph
    weights = Weights(graph: graph, seed: seed)
    self.optimizer = optimizer
    self.loss = loss
    self.metrics = metrics ?? (loss.comparesClasses ? [Accuracy()] : [])
    self.seed = seed
    if let threads {
      pool = try ThreadPool.checked(threads: threads)
    } else {
      try Resources.requireAddressSpace(threads: ThreadPool.shared.threadCount)
      pool = .shared
    }
    optimizerState = OptimizerState(for: optimizer, parameterCount: weights.trainable.count)
    workspaces = WorkspaceCache(graph: graph, weights: weights)
    stateBefore = AlignedBuffer(count: weights.nonTrainable.count)
  }

  /// The table of layers, shapes and parameters, as Keras prints it.
  public func summary() -> String { graph.summary() }

  /// The learning rate of the next update. Setting it replaces a schedule by that constant.
  public var learningRate: Double {
    get { rateOverride ?? optimizer.learningRate.rate(at: optimizerState.step) }
    set { rateOverride = newValue }
  }

  /// The number of updates so far.
  public var steps: Int { optimizerState.step }

  /// Whether a metric reads probabilities, which training does not need.
  var metricsReadProbabilities: Bool { metrics.contains { !$0.usesOrderAlone } }

  /// The loss of one batch and an update by its gradient: the loss before the update.
  ///
  /// - Parameters:
  ///   - inputs: (N, input shape).
  ///   - targets: (N, target shape).
  ///   - count: N.
  ///   - observe: Called with the outputs before the update, which is not made if it throws.
  ///
  /// Throws ``TrainingError`` if the loss, a gradient or a layer's state is not finite, and what `observe` throws; the weights are then as
  /// they were. Throws it too if the update itself overflows; then they are so as well, unless gradients and rate were of usual size.
  @discardableResult
  package func trainStep(
    inputs: MemoryView<Float>, targets: MemoryView<Float>, count: Int,
    observe: (Workspace) throws -> Void = { _ in }
  ) throws -> Workspace {
    let workspace = try workspaces.workspace(
      .init(
        mode: .training, batch: count, loss: loss, isBackward: true,
        wantsProbabilities: metricsReadProbabilities), pool: pool)
    stateBefore.view.copy(from: weights.nonTrainable)
    workspace.run(inputs: inputs, targets: targets, seed: seed, step: optimizerState.step)
    let search = NonFiniteSearch(model: self, inputs: inputs, targets: targets, count: count)
    let mayOverflow: Bool
    do {
      let isHuge = try requireFinite(workspace, search)
      mayOverflow = isHuge || learningRate > Self.hugeRate
      try observe(workspace)
    } catch {
      weights.nonTrainable.copy(from: stateBefore.view)
      throw error
    }
    try update(by: workspace.gradients, mayOverflow: mayOverflow, search)
    return workspace
  }

  /// Bounds of gradients and learning rates from which on an update may overflow (18 decimal digits are half of a float's range, and
  /// optimizers square), so that what it changes is copied first.
  private static let hugeGradient: Float = 1e18
  private static let hugeRate = 1e6

  /// Throws ``TrainingError`` if the update overflows, with everything as before if it was clear that it might.
  private func update(
    by gradients: MemoryView<Float>, mayOverflow: Bool, _ search: NonFiniteSearch
  ) throws {
    let before = mayOverflow ? UpdateSnapshot(weights.trainable, optimizerState) : nil
    optimizerState.apply(
      optimizer, parameters: weights.trainable, gradients: gradients, learningRate: rateOverride,
      pool: pool)
    guard !optimizerState.isFinite, let origin = search.originInUpdate() else { return }
    guard let before else {
      throw TrainingError.nonFiniteUpdate(epoch: nil, batch: nil, origin: origin, sample: nil)
    }
    before.restore(weights.trainable, optimizerState)
    weights.nonTrainable.copy(from: stateBefore.view)
    throw TrainingError.nonFiniteUpdate(
      epoch: nil, batch: nil, origin: origin, sample: try search.sampleOfLargestGradient())
  }

  /// Throws ``TrainingError`` unless the batch's loss, its gradients and what layers keep are finite. Returns whether gradients are huge.
  private func requireFinite(_ workspace: Workspace, _ search: NonFiniteSearch) throws -> Bool {
    guard workspace.meanLoss.isFinite else {
      weights.nonTrainable.copy(from: stateBefore.view)
      throw TrainingError.nonFiniteLoss(
        epoch: nil, batch: nil, origin: try search.origin(mode: .training))
    }
    let isHuge = !optimizerState.areBelow(Self.hugeGradient, workspace.gradients, pool: pool)
    if isHuge, !workspace.gradients.areFinite {
      weights.nonTrainable.copy(from: stateBefore.view)
      if let error = try search.gradientError(workspace.gradients) { throw error }
    }
    if !weights.nonTrainable.areFinite, let error = search.stateError(before: stateBefore.view) {
      throw error
    }
    return isHuge
  }

  /// Throws ``TrainingError`` unless the weights, finite as they are, still give the batch a finite loss.
  ///
  /// The next step would notice; after the last one nothing else does.
  func requireFiniteLoss(
    inputs: MemoryView<Float>, targets: MemoryView<Float>, count: Int
  ) throws {
    let workspace = try workspaces.workspace(.init(batch: count, loss: loss), pool: pool)
    workspace.run(inputs: inputs, targets: targets)
    guard workspace.meanLoss.isFinite else {
      let search = NonFiniteSearch(model: self, inputs: inputs, targets: targets, count: count)
      throw TrainingError.nonFiniteUpdate(
        epoch: nil, batch: nil, origin: try search.origin(mode: .inference), sample: nil)
    }
  }
}

/// A copy of all that an update changes.
struct UpdateSnapshot {
  private let parameters: AlignedBuffer
  private let slots: [AlignedBuffer]
  private let scalars: [Double]
  private let step: Int

  init(_ parameters: MemoryView<Float>, _ state: OptimizerState) {
    self.parameters = AlignedBuffer(copying: parameters)
    slots = state.slots.map { AlignedBuffer(copying: $0.view) }
    scalars = state.scalars
    step = state.step
  }

  func restore(_ parameters: MemoryView<Float>, _ state: OptimizerState) {
    parameters.copy(from: self.parameters.view)
    for (slot, source) in zip(state.slots, slots) { slot.view.copy(from: source.view) }
    state.scalars = scalars
    state.step = step
  }
}
