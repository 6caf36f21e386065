public import PinionTensor

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
