internal import PinionTensor

/// Which operation runs when, on which part of the batch, and where in memory everything lies: a
/// network made runnable for one size of batch.
///
/// A plan is immutable and holds no numbers. Neighboring phases over samples form a *region*: each
/// thread takes a lane of the batch through all of them, a tile of samples at a time, so that what
/// one layer writes the next reads from cache. Values that nobody outside the region reads exist
/// for a tile only.
public struct Plan: Sendable {
  /// A loss of one output, and its share in what is minimized.
  public struct OutputLoss: Sendable {
    public let loss: any Loss
    /// What the loss is multiplied with in the sum over outputs.
    public let weight: Float
    /// The place among the graph's outputs.
    public let output: Int

    public init(_ loss: any Loss, weight: Float = 1, output: Int = 0) {
      self.loss = loss
      self.weight = weight
      self.output = output
    }
  }

  /// What a plan is made for.
  public struct Request: Sendable {
    /// Whether layers run as in training.
    public var mode: LayerPass.Mode
    /// The number of samples.
    public var batch: Int
    /// What outputs are compared with; none for predictions.
    public var losses: [OutputLoss]
    /// Whether to compute gradients of the sum of the losses.
    public var isBackward: Bool
    /// Whether the inputs' gradients are wanted as well.
    public var wantsInputGradients: Bool
    /// Whether the outputs are to be what the network puts out even if a loss starts from the
    /// argument of its last activation.
    public var wantsProbabilities: Bool
    /// Whether every value is to be read after a run, as when looking for where a NaN arose.
    public var keepsValues: Bool
    /// Whether the parameters never change, so that a ``Preparation`` lasts for all runs.
    public var hasConstantParameters: Bool

    /// Describes a plan for predictions, unless more is asked for.
    public init(
      mode: LayerPass.Mode = .inference, batch: Int, losses: [OutputLoss] = [],
      isBackward: Bool = false, wantsInputGradients: Bool = false, wantsProbabilities: Bool = false,
      keepsValues: Bool = false, hasConstantParameters: Bool = false
    ) {
      self.mode = mode
      self.batch = batch
      self.losses = losses
      self.isBackward = isBackward
      self.wantsInputGradients = wantsInputGradients
      self.wantsProbabilities = wantsProbabilities
      self.keepsValues = keepsValues
      self.hasConstantParameters = hasConstantParameters
    }

    /// Describes a plan with a loss of the only output, or without any.
    public init(
      mode: LayerPass.Mode = .inference, batch: Int, loss: (any Loss)?, isBackward: Bool = false,
      wantsInputGradients: Bool = false, wantsProbabilities: Bool = false, keepsValues: Bool = false
    ) {
      self.init(
        mode: mode, batch: batch, losses: loss.map { [OutputLoss($0)] } ?? [],
        isBackward: isBackward, wantsInputGradients: wantsInputGradients,
        wantsProbabilities: wantsProbabilities, keepsValues: keepsValues)
    }
  }

  /// Where an output of the network is found after a run.
  struct Output: Sendable {
    /// What the last layer puts out: logits where ``areLogits``.
    var value: StorageID
    /// Whether the last activation was left to the loss.
    var areLogits = false
    /// What the last activation makes of logits, if it is wanted.
    var probabilities: StorageID?
    /// The losses of the samples.
    var losses: StorageID?
    var weight: Float = 0
    /// Whether the losses of a batch are summed instead of averaged.
    var isSum = false
  }

  /// What the plan was made for.
  public let request: Request
  /// The network.
  public let graph: Graph

  private(set) var regions: [Region]
  let storages: [Storage]
  /// The storage of each of the graph's values.
  let values: [StorageID]
  let outputs: [Output]
  /// The gradients of the graph's inputs, where they are wanted and there are any.
  let inputGradients: [StorageID?]
  /// The gradients that are set to zero after a run.
  let vanishing: [VanishingGradients.Place]
  /// Bytes of memory for the whole batch.
  package let arenaBytes: Int
  /// Bytes of what layers prepare from their parameters.
  let preparedBytes: Int
  /// Bytes of scratch memory that a thread needs.
  let scratchBytes: Int

  /// A plan for a graph.
  public init(graph: Graph, request: Request) {
    require(request.batch > 0, "a plan for \(request.batch) samples")
    require(!request.isBackward || request.mode == .training, "gradients outside training")
    require(
      !request.hasConstantParameters || request.mode == .inference,
      "constant parameters in training")
    var builder = PlanBuilder(graph: graph, request: request)
    builder.build()
    self.request = request
    self.graph = graph
    regions = builder.regions
    storages = builder.storages
    values = builder.values
    outputs = builder.outputs
    inputGradients = builder.inputGradients
    vanishing =
      request.isBackward
      ? VanishingGradients(graph, programs: builder.programs).places : []
    arenaBytes = builder.arenaBytes
    preparedBytes = builder.preparedBytes
    scratchBytes = builder.scratchBytes
  }

  /// Whether the loss of an output is given logits, the last activation being left to it.
  public func areLogits(output: Int = 0) -> Bool { outputs[output].areLogits }

  /// The regions that prepare: the first, if any layer does.
  var preparations: Range<Int> { 0..<(preparedBytes > 0 ? 1 : 0) }

  /// The plan of nothing but what prepares.
  var preparing: Plan {
    var copy = self
    copy.regions.removeSubrange(preparations.upperBound...)
    return copy
  }

  /// Bytes of memory that a thread needs for tiles.
  var tileBytes: Int { regions.map(\.tileBytes).max() ?? 0 }

  /// How many of a pool's threads a run can use, and so need memory: no more than its regions have
  /// parts.
  func threads(of poolThreads: Int) -> Int {
    max(1, min(poolThreads, regions.map(\.partCount).max() ?? 1))
  }
}
