public import PinionTensor

/// What training makes small: a function of a network's output and the target, and its gradient.
///
/// Ours are reached as static members (`loss: .sparseCategoricalCrossEntropy`); yours conform to the protocol.
public protocol Loss: Configurable {
  /// The logits that the loss can start from, if it is better computed from them than from the probabilities that it takes. Default: nil.
  var logitsLink: LogitsLink? { get }

  /// Whether the outputs are taken for logits, so that a softmax in front would be one too many. Default: no.
  var takesLogits: Bool { get }

  /// Whether outputs and targets stand for classes, so that accuracy makes sense. Default: no.
  var comparesClasses: Bool { get }

  /// Throws ``LayerError`` unless targets of shape `target` go with outputs of shape `output`, both for one image.
  func validate(output: Shape, target: Shape) throws

  /// Writes the loss of each image and, if asked for, its gradient with respect to the outputs.
  func evaluate(_ context: LossContext)
}

extension Loss {
  /// From the outputs as they are.
  public var logitsLink: LogitsLink? { nil }

  /// Not logits.
  public var takesLogits: Bool { false }

  /// No classes.
  public var comparesClasses: Bool { false }
}

extension Loss {
  /// Throws ``LayerError`` that tells of a forgotten ``Flatten`` if the outputs have several axes and the targets, as `isVector`
  /// says, are those of a vector.
  static func requireFlat(
    _ output: Shape, unlike target: Shape, if isVector: Bool
  ) throws {
    try LayerError.require(
      output.rank < 2 || output == target || !isVector,
      "the network puts out \(output) for each sample, a row of \(output[output.rank - 1]) for each of \(output.dropLast().reduce(1, *)) positions: put Flatten() before its first Dense layer, or give targets for each position",
      received: "targets of shape \(target)")
  }
}

/// What a loss is given: the outputs and targets of n images, and where its results go.
public struct LossContext {
  /// (n, output shape).
  public let outputs: MemoryView<Float>
  /// (n, target shape).
  public let targets: MemoryView<Float>
  /// Whether the outputs are the logits of the loss's ``Loss/logitsLink`` rather than what the network ends with.
  public let areLogits: Bool
  /// Where the losses go, (n,).
  public let losses: MemoryView<Float>
  /// Where the gradients go, like the outputs; nil if none are asked for.
  public let gradients: MemoryView<Float>?
  /// What gradients are multiplied with: 1 over the size of the batch, for the gradient of the batch's mean.
  public let gradientScale: Float
  /// The last axis of the outputs.
  public let classes: Int

  /// The number of images.
  public var imageCount: Int { losses.count }

  /// Describes an evaluation.
  public init(
    outputs: MemoryView<Float>, targets: MemoryView<Float>, areLogits: Bool,
    losses: MemoryView<Float>, gradients: MemoryView<Float>?, gradientScale: Float, classes: Int
  ) {
    self.outputs = outputs
    self.targets = targets
    self.areLogits = areLogits
    self.losses = losses
    self.gradients = gradients
    self.gradientScale = gradientScale
    self.classes = classes
  }
}
