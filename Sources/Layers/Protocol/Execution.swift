public import PinionTensor

/// How a layer runs: what the plan must know to order the work, to lay out the memory and to spare copies.
public struct Execution: Sendable, Equatable {
  /// How a layer's output relates to the memory of its input.
  public enum Memory: Sendable {
    /// Output and input are different places.
    case separate
    /// The output may overwrite the (first) input, and the input's gradient the output's.
    case inPlace
    /// The output is the input seen in another shape; neither ``Layer/forward(_:)`` nor ``Layer/backward(_:)`` is called.
    case alias
  }

  /// The phases of the forward pass.
  public var forward: [Phase] = [.images]
  /// The phases of the backward pass.
  public var backward: [Phase] = [.images]
  /// Whether the backward pass reads the inputs.
  public var backwardReadsInputs = true
  /// Whether the backward pass reads the output.
  public var backwardReadsOutput = false
  /// How the output relates to the input's memory.
  public var memory = Memory.separate
  /// Whether the backward pass sets the parameters' gradients where ``LayerContext/accumulates`` is false, so that they need not be zeroed before.
  public var setsGradients = false
  /// Bytes an image that the forward pass keeps for the backward pass in ``LayerContext/kept``.
  public var keptBytes = 0
  /// Floats a batch, in ``LayerContext/shared``, written by one phase and read by later ones of either pass.
  public var sharedFloats = 0
  /// Floats a lane, in ``LayerContext/partials``, that an `.images` phase adds to and a later phase reads.
  public var partialFloats = 0
  /// Floats of the thread's memory, in ``LayerContext/carried``, that last from call to call of a backward pass of one phase while a lane is under way.
  public var carriedFloats = 0
  /// Floats that ``Layer/prepare(_:)`` writes into ``LayerContext/prepared``.
  public var preparedFloats = 0
  /// Floats of scratch memory in ``LayerContext/scratch``, undefined at the start of every call.
  public var scratchFloats = 0

  /// What becomes of a constant added to each channel of the inputs.
  package var channelShift = ChannelShift.changes
  /// The parameter that is such a constant of the output, by its place in ``Layer/parameters(for:)``.
  package var shiftParameter: Int?

  /// One call for any part of the batch in both passes, with the inputs at hand in the second.
  public init() {}
}

/// One part of a layer's forward or backward pass. A layer's phases run in order, each after the one before is complete.
public enum Phase: Sendable, Equatable {
  /// Work on any range of images, independent of the others: the plan cuts the batch, and takes the same images through
  /// neighboring layers while they are in cache. `minimum` is the number of images from which the layer runs well.
  case images(minimum: Int)

  /// Work on the whole batch in `count` independent pieces that the layer cuts itself.
  ///
  /// If `isDeferrable`, nothing but the optimizer waits for the results, as for gradients of parameters, and the plan may run the pieces later in
  /// the same pass.
  case pieces(_ count: Int, isDeferrable: Bool)

  /// Work on any range of images.
  public static let images = Phase.images(minimum: 1)

  /// Work on the whole batch in `count` pieces that the following layers wait for.
  public static func pieces(_ count: Int) -> Phase { .pieces(count, isDeferrable: false) }
}

/// The circumstances under which a layer will run, from which it decides how.
public struct LayerPass: Sendable {
  /// What a pass is for.
  public enum Mode: Sendable {
    /// Forward and backward, with the randomness and the batch statistics of training.
    case training
    /// Forward alone, as a function of the parameters.
    case inference
  }

  /// What the pass is for.
  public let mode: Mode
  /// The shapes of the inputs for one image.
  public let inputs: [Shape]
  /// The shape of the output for one image.
  public let output: Shape
  /// The number of images.
  public let batch: Int
  /// Whether the parameters never change, so that what ``Layer/prepare(_:)`` writes is written once.
  public let isFrozen: Bool

  /// Describes a pass.
  public init(
    mode: Mode, inputs: [Shape], output: Shape, batch: Int, isFrozen: Bool = false
  ) {
    self.mode = mode
    self.inputs = inputs
    self.output = output
    self.batch = batch
    self.isFrozen = isFrozen
  }
}
