public import PinionTensor

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
