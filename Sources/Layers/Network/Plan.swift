internal import PinionTensor

/// A network compiled for one batch size: the order of operations, their partition of the batch,
/// and the layout of memory.
///
/// A plan is immutable and holds no tensors. The forward and backward phases of layers are
/// operations of one list, in the order of `PlanBuilder.build()`; neighboring phases over samples
/// form a *region*. A step runs the regions in order:
///
///     for region in regions                         // `Workspace`; all threads end one together
///       for lane in region, in parallel             // `ThreadPool`
///         for tile of samples in lane               // `Executor.run(region:part:worker:)`
///           for operation in region.operations
///             operation.phase.body(context)         // the tile's values, in cache
///
/// A lane is a part of the batch, whose number does not depend on that of threads. Values that are
/// used only inside a region have memory for one tile. A region of phases over pieces has these in
/// place of lanes and tiles. `model.explain()` prints a plan; Documentation/Design.md explains why.
package struct Plan: Sendable {
  package let request: Request
  package let graph: Graph

  private(set) var regions: [Region]
  let storages: [Storage]
  /// The storage of each of the graph's values.
  let values: [StorageID]
  let outputs: [Output]
  /// The penalties on outputs of layers, of each sample.
  let penalties: [StorageID]
  /// The gradients of the graph's inputs, if requested and the loss depends on them.
  let inputGradients: [StorageID?]
  /// The gradients that are set to zero after a run.
  let vanishing: [VanishingGradients.Place]
  /// Bytes of memory for the whole batch.
  package let arenaBytes: Int
  /// Bytes of memory computed from parameters by ``LayerProgram/prepare(_:)``.
  let preparedBytes: Int
  /// Bytes of scratch memory that a thread needs.
  let scratchBytes: Int

  package init(graph: Graph, request: Request) {
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
    penalties = builder.penalties
    vanishing =
      request.isBackward
      ? VanishingGradients(graph, programs: builder.programs).places : []
    arenaBytes = builder.arenaBytes
    preparedBytes = builder.preparedBytes
    scratchBytes = builder.scratchBytes
  }

  /// Whether the loss of an output includes the last activation and is given logits.
  package func areLogits(output: Int = 0) -> Bool { outputs[output].areLogits }

  /// The regions that run ``LayerProgram/prepare(_:)``: the first, if a layer uses it.
  var preparations: Range<Int> { 0..<(preparedBytes > 0 ? 1 : 0) }

  /// The plan with only these regions.
  var preparing: Plan {
    var copy = self
    copy.regions.removeSubrange(preparations.upperBound...)
    return copy
  }

  /// Bytes of memory that a thread needs for tiles.
  var tileBytes: Int { regions.map(\.tileBytes).max() ?? 0 }

  /// The number of threads of a pool that a run uses, at most the largest number of parts of a
  /// region.
  func threads(of poolThreads: Int) -> Int {
    max(1, min(poolThreads, regions.map(\.partCount).max() ?? 1))
  }
}

extension Plan {
  /// The loss of an output, and its weight in the objective.
  package struct OutputLoss: Sendable {
    package let loss: any Loss
    /// The factor of the loss in the sum over outputs.
    package let weight: Float
    /// The index in ``Graph/outputs``.
    package let output: Int

    package init(_ loss: any Loss, weight: Float = 1, output: Int = 0) {
      self.loss = loss
      self.weight = weight
      self.output = output
    }
  }

  /// The conditions that a plan is built for.
  package struct Request: Sendable {
    package var mode: LayerPass.Mode
    /// The number of samples.
    package var batch: Int
    /// The losses to compute; empty for predictions.
    package var losses: [OutputLoss]
    /// Whether to compute gradients of the weighted sum of the losses.
    package var isBackward: Bool
    /// Whether to compute gradients with respect to the inputs.
    package var wantsInputGradients: Bool
    /// Whether to apply the last activation to the outputs if a loss is computed from its argument.
    package var wantsProbabilities: Bool
    /// Whether to keep all values after a run, as for finding the origin of a NaN.
    package var keepsValues: Bool
    /// Whether the parameters never change, so that one ``Preparation`` serves all runs.
    package var hasConstantParameters: Bool

    /// A request for predictions by default.
    package init(
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

    /// A request with at most one loss, of the only output.
    package init(
      mode: LayerPass.Mode = .inference, batch: Int, loss: (any Loss)?, isBackward: Bool = false,
      wantsInputGradients: Bool = false, wantsProbabilities: Bool = false, keepsValues: Bool = false
    ) {
      self.init(
        mode: mode, batch: batch, losses: loss.map { [OutputLoss($0)] } ?? [],
        isBackward: isBackward, wantsInputGradients: wantsInputGradients,
        wantsProbabilities: wantsProbabilities, keepsValues: keepsValues)
    }
  }

  /// The storages of an output of the network.
  struct Output: Sendable {
    /// The output of the last layer; logits if ``areLogits``.
    var value: StorageID
    /// Whether the loss includes the last activation.
    var areLogits = false
    /// The last activation of logits, if requested.
    var probabilities: StorageID?
    /// The loss of each sample.
    var losses: StorageID?
    var weight: Float = 0
    /// Whether the losses of a batch are summed instead of averaged.
    var isSum = false
  }
}

/// The partition of a batch. It depends only on constants and shapes, so that results do not depend
/// on the number of threads.
enum BatchPartition {
  /// The largest number of lanes (parts of the batch that run concurrently) of a batch of fewer
  /// than 2 · ``samplesPerLane`` · 16 samples; larger batches have more.
  static let usualLanes = 16
  /// The smallest number of samples of a lane in batches with more than ``usualLanes`` lanes.
  static let samplesPerLane = 32
  /// The largest size in bytes of the activations of a tile: half of an L2 cache of 1 MiB.
  static let tileBytes = 512 * 1_024

  /// The number of lanes of a batch, with at least `minimum` samples each: a power of two, for the
  /// balanced ``LaneTree`` and usual numbers of cores.
  static func laneCount(batch: Int, minimum: Int = 1) -> Int {
    let most = max(usualLanes, batch / samplesPerLane)
    let limit = max(1, min(most, batch / max(1, minimum)))
    var count = 1
    while count * 2 <= limit { count *= 2 }
    return count
  }

  /// Part `index` of `count` nearly equal parts of a range.
  static func part(_ index: Int, of count: Int, in range: Range<Int>) -> Range<Int> {
    range.lowerBound + index * range.count / count..<range.lowerBound + (index + 1) * range.count
      / count
  }

  /// Calls `body` for blocks of nearly equal size, at most `most`, that cover a range.
  static func forEachBlock(of range: Range<Int>, most: Int, _ body: (Range<Int>) -> Void) {
    let count = (range.count + most - 1) / most
    for block in 0..<count { body(part(block, of: count, in: range)) }
  }
}
