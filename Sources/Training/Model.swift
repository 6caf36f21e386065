public import FoundationEssentials
public import PinionLayers
public import PinionMetrics
public import PinionOptimizers
public import PinionTensor

/// A network with an optimizer, losses, metrics and a seed.
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
/// Results depend on the seed, the data and the calls, not on the number of threads.
public final class Model {
  public let graph: Graph
  /// The update rule.
  public let optimizer: any Optimizer
  /// The loss and the metrics of each output, in the order of the graph's outputs.
  public let objectives: [OutputObjective]
  /// The key of all random numbers: initial weights, shuffling, dropout.
  public let seed: UInt64
  /// The threads that train and evaluate.
  package let pool: ThreadPool
  /// The names of the classes in the order of their indices, as in the first training data that
  /// named them. Saved with the weights.
  ///
  /// `fit`, `evaluate` and `predict` throw for a data set in which a class has another index. Nil
  /// disables the comparison; set it to train on classes of other names.
  public var classNames: [String]?

  /// Everything that training changes.
  package let state: TrainingState
  let workspaces: WorkspaceCache
  /// The losses as plans take them.
  let outputLosses: [Plan.OutputLoss]
  /// The regularizers and constraints of the parameters.
  let terms: ParameterTerms
  /// The penalties on parameters and outputs of layers before the last update; part of the total
  /// loss.
  package internal(set) var lastPenalty = 0.0
  /// The other ranks that train the model, if any; see ``distribute(over:)``.
  package internal(set) var communicator: (any Communicator)?
  /// The number of ranks that share a batch, by its size.
  var rankCounts: [Int: Int] = [:]
  /// The parameters that are not trainable, as they were before the step under way.
  let nonTrainableBefore: AlignedBuffer

  /// A model of one loss for all outputs, usually one, with initial weights.
  ///
  /// - Parameters:
  ///   - definition: A ``Sequential`` chain, a ``Graph``, or a ``Network`` with weights of its own,
  ///     which training changes.
  ///   - optimizer: The update rule.
  ///   - loss: The loss of every output.
  ///   - lossWeights: The factor of each output's loss in the total. Default: 1.
  ///   - metrics: The metrics of every output. Default: accuracy, if the loss
  ///     compares classes or binary labels.
  ///   - weightedMetrics: More metrics of every output, in which samples count as their weights
  ///     say. In logs `weighted_` precedes a name that a metric has already. Default: none.
  ///   - seed: The key of all random numbers.
  ///   - threads: The threads that train and evaluate. Default: the process's pool, with one
  ///     thread per core.
  ///
  /// Throws `ArgumentError` if a hyperparameter of the optimizer is outside its range,
  /// ``TrainingError`` if an argument is, `ResourceError` if the system does not grant the threads
  /// or the memory.
  public convenience init(
    _ definition: some ModelDefinition, optimizer: some Optimizer = Adam(),
    loss: some Loss = .sparseCategoricalCrossEntropy, lossWeights: PerOutput<Double>? = nil,
    metrics: [any Metric]? = nil, weightedMetrics: [any Metric]? = nil, seed: UInt64 = 0,
    threads: Int? = nil
  ) throws {
    let outputs = definition.graph.outputNames
    try self.init(
      definition, optimizer: optimizer, losses: PerOutput(outputs.map { _ in loss }),
      lossWeights: lossWeights,
      metrics: metrics.map { metrics in PerOutput(outputs.map { _ in metrics }) },
      weightedMetrics: weightedMetrics.map { metrics in PerOutput(outputs.map { _ in metrics }) },
      seed: seed, threads: threads)
  }

  /// A model with a loss for each output, and initial weights.
  ///
  /// The total loss is Σ wᵢ · lossᵢ over the outputs.
  ///
  /// - Parameters:
  ///   - definition: As for the other initializer.
  ///   - optimizer: The update rule.
  ///   - losses: The loss of each output.
  ///   - lossWeights: wᵢ, 0 or more. Default: 1.
  ///   - metrics: The metrics of each output; an output without a name in a dictionary has none.
  ///     Default: accuracy, where the loss compares classes or binary labels.
  ///   - weightedMetrics: More metrics of each output, as for the other initializer.
  ///   - seed: The key of all random numbers.
  ///   - threads: The threads that train and evaluate. Default: the process's pool, with one
  ///     thread per core.
  ///
  /// Throws as the other initializer, and ``TrainingError/argument(_:expected:found:)`` if losses,
  /// weights or metrics do not match the outputs.
  public init(
    _ definition: some ModelDefinition, optimizer: some Optimizer = Adam(),
    losses: PerOutput<any Loss>, lossWeights: PerOutput<Double>? = nil,
    metrics: PerOutput<[any Metric]>? = nil, weightedMetrics: PerOutput<[any Metric]>? = nil,
    seed: UInt64 = 0, threads: Int? = nil
  ) throws {
    try optimizer.validate()
    graph = definition.graph
    objectives = try OutputObjective.objectives(
      for: graph, losses: losses, weights: lossWeights, metrics: metrics,
      weightedMetrics: weightedMetrics)
    outputLosses = objectives.enumerated().map { index, objective in
      Plan.OutputLoss(objective.loss, weight: Float(objective.weight), output: index)
    }
    self.optimizer = optimizer
    self.seed = seed
    if let threads {
      pool = try ThreadPool.checked(threads: threads)
    } else {
      try Resources.requireAddressSpace(threads: ThreadPool.shared.threadCount)
      pool = .shared
    }
    let network = definition.network(seed: seed)
    let weights = network.weights
    classNames = network.classNames
    let parameters = weights.optimizedParameters
    try optimizer.validate(for: parameters)
    state = TrainingState(
      weights: weights, optimizer: OptimizerState(for: optimizer, parameters: parameters),
      objectives: objectives)
    workspaces = WorkspaceCache(network)
    terms = ParameterTerms(of: weights)
    nonTrainableBefore = AlignedBuffer(count: weights.nonTrainable.count)
  }

  /// All parameters.
  public var weights: Weights { state.weights }

  /// The graph with the weights that training changes.
  public var network: Network {
    Network(graph: graph, weights: weights, classNames: classNames)
  }

  /// A table of layers, output shapes and parameter counts; see
  /// ``Graph/summary(expandingNested:)``.
  public func summary(expandingNested: Bool = false) -> String {
    graph.summary(expandingNested: expandingNested)
  }

  /// The learning rate of the next update. Setting it replaces a schedule by a constant.
  public var learningRate: Double {
    get { state.learningRateOverride ?? optimizer.learningRate.rate(at: steps) }
    set { state.learningRateOverride = newValue }
  }

  /// The number of updates so far.
  public var steps: Int { state.optimizer.step }

  /// The optimizer's slots and counts.
  package var optimizerState: OptimizerState { state.optimizer }

  /// The number of epochs begun, over all calls of `fit`.
  package var epochsBegun: Int { state.epochsBegun }

  /// Whether a metric reads probabilities, which the losses do not need.
  var metricsReadProbabilities: Bool {
    // Not of both arrays at once: a step allocates nothing.
    objectives.contains {
      $0.metrics.contains { !$0.usesOrderAlone }
        || $0.weightedMetrics.contains { !$0.usesOrderAlone }
    }
  }
}

extension Weights {
  /// The trainable parameters as an optimizer sees them.
  var optimizedParameters: [ParameterRange] {
    entries.filter(\.isTrainable).map {
      ParameterRange(name: $0.name, role: $0.role, shape: $0.shape, range: $0.range)
    }
  }
}

extension Model {
  /// Writes the network: all parameters, the configuration and the names of the classes.
  ///
  /// As ``Network/save(to:)`` of the ``network``. Throws `FileError` if the file cannot be written.
  public func saveWeights(to file: URL) throws { try network.save(to: file) }

  /// Reads all parameters from a safetensors file, which may come from another program.
  ///
  /// As ``Network/loadWeights(from:ignoringExtra:)`` of the ``network``.
  ///
  /// - Parameter ignoringExtra: Whether to ignore tensors that are not parameters of the network.
  ///   Default: false.
  ///
  /// Throws `FileError` if the file is invalid or of a later format, lacks a parameter, has it with
  /// another shape, or contains an invalid number; the model is unchanged then.
  public func loadWeights(from file: URL, ignoringExtra: Bool = false) throws {
    var network = network
    try network.loadWeights(from: file, ignoringExtra: ignoringExtra)
    classNames = network.classNames
  }

  /// A model with the network and the weights of a file of ``saveWeights(to:)``.
  ///
  /// The file does not contain the optimizer, the loss and the metrics.
  ///
  /// - Parameters:
  ///   - registry: The types that the configuration may contain:
  ///     `.standard.adding(MyLayer.self)` for a custom layer.
  ///   - ignoringExtra: Whether to ignore tensors that are not parameters of the network.
  ///     Default: false.
  ///   - optimizer: The update rule of further training.
  ///   - loss: The loss of every output.
  ///   - metrics: The metrics of every output. Default: accuracy, if the loss compares classes.
  ///   - seed: The key of the random numbers of further training.
  ///   - threads: The threads that train and evaluate. Default: the process's pool, with one
  ///     thread per core.
  ///
  /// Throws `FileError` or `GraphError` if the file is invalid or contains unknown types, and
  /// `ArgumentError` if a hyperparameter of the optimizer is outside its range.
  public convenience init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false,
    optimizer: some Optimizer = Adam(), loss: some Loss = .sparseCategoricalCrossEntropy,
    metrics: [any Metric]? = nil, seed: UInt64 = 0, threads: Int? = nil
  ) throws {
    try self.init(
      Network(contentsOf: file, registry: registry, ignoringExtra: ignoringExtra),
      optimizer: optimizer, loss: loss, metrics: metrics, seed: seed, threads: threads)
  }
}
