internal import PinionTensor

/// Which operation runs when, on which part of the batch, and where in memory everything lies: a network made runnable for one size of batch.
///
/// A plan is immutable and holds no numbers. Neighboring phases that work on any images form a *region*: each thread takes a lane of the batch through all of them, a
/// tile of images at a time, so that what one layer writes the next reads from cache. Values that nobody outside the region reads exist for a tile only.
public struct Plan: Sendable {
  /// What a plan is made for.
  public struct Request: Sendable {
    /// Whether layers run as in training.
    public var mode: LayerPass.Mode
    /// The number of images.
    public var batch: Int
    /// What the outputs are compared with, if they are.
    public var loss: (any Loss)?
    /// Whether to compute gradients of the loss.
    public var isBackward: Bool
    /// Whether the input's gradient is wanted as well.
    public var wantsInputGradient: Bool
    /// Whether the outputs are to be what the network puts out even if the loss starts from the argument of its last activation.
    public var wantsProbabilities: Bool
    /// Whether every layer's output is to be read after a run, as when looking for where a NaN arose.
    public var keepsValues: Bool
    /// Whether the parameters never change, so that a ``Preparation`` lasts for all runs.
    public var isFrozen: Bool

    /// Describes a plan for predictions, unless more is asked for.
    public init(
      mode: LayerPass.Mode = .inference, batch: Int, loss: (any Loss)? = nil,
      isBackward: Bool = false, wantsInputGradient: Bool = false, wantsProbabilities: Bool = false,
      keepsValues: Bool = false, isFrozen: Bool = false
    ) {
      self.mode = mode
      self.batch = batch
      self.loss = loss
      self.isBackward = isBackward
      self.wantsInputGradient = wantsInputGradient
      self.wantsProbabilities = wantsProbabilities
      self.keepsValues = keepsValues
      self.isFrozen = isFrozen
    }
  }

  /// What the plan was made for.
  public let request: Request
  /// The network.
  public let graph: Graph
  /// Whether the loss is given logits, the last activation being left to it.
  public let outputsAreLogits: Bool

  let layers: [any Layer]
  let executions: [Execution]
  let passes: [LayerPass]
  let regions: [Region]
  let storages: [Storage]
  /// The storage of each value: of the input, then of each node's output.
  let values: [Int]
  let outputs: Int
  /// What the last activation makes of the outputs, if that was left to the loss and is wanted.
  let probabilities: Int?
  /// The last activation, where ``probabilities`` holds its values.
  let lastActivation: (any ActivationFunction)?
  let losses: Int?
  let inputGradient: Int?
  let vanishing: VanishingGradients
  /// Bytes of memory for the whole batch.
  package let arenaBytes: Int
  /// Bytes of what layers prepare from their parameters.
  let preparedBytes: Int

  /// A plan for a graph.
  public init(graph: Graph, request: Request) {
    require(request.batch > 0, "a plan for \(request.batch) images")
    require(!request.isBackward || request.mode == .training, "gradients outside training")
    require(!request.isFrozen || request.mode == .inference, "frozen parameters in training")
    var builder = PlanBuilder(graph: graph, request: request)
    builder.build()
    self.request = request
    self.graph = graph
    outputsAreLogits = builder.outputsAreLogits
    layers = builder.layers
    executions = builder.executions
    passes = builder.passes
    regions = builder.regions
    storages = builder.storages
    values = builder.values
    outputs = builder.outputs
    probabilities = builder.probabilities
    lastActivation =
      builder.probabilities == nil ? nil : graph.nodes.last?.layer.trailingActivation
    losses = builder.losses
    inputGradient = builder.inputGradient
    vanishing = VanishingGradients(graph, executions: builder.executions)
    arenaBytes = builder.arenaBytes
    preparedBytes = builder.preparedBytes
  }

  /// The regions that prepare: the first, if any layer does.
  var preparations: Range<Int> { 0..<(preparedBytes > 0 ? 1 : 0) }

  /// Bytes of scratch memory that a thread needs.
  var scratchBytes: Int { 4 * (executions.map(\.scratchFloats).max() ?? 0) }

  /// Bytes of memory that a thread needs for tiles.
  var tileBytes: Int { regions.map(\.tileBytes).max() ?? 0 }

  /// How many of a pool's threads a run can use, and so need memory: no more than its regions have parts.
  func threads(of poolThreads: Int) -> Int {
    max(1, min(poolThreads, regions.map(\.partCount).max() ?? 1))
  }
}
