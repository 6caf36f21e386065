public import PinionTensor

/// What training makes small: a function of a network's output and the target, and its gradient.
///
/// Ours are reached as static members (`loss: .sparseCategoricalCrossEntropy`); yours conform to the protocol.
public protocol Loss: Configurable {
  /// The logits that the loss can start from, if it is better computed from them than from probabilities. Default: nil.
  var logitsLink: LogitsLink? { get }

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

  /// No classes.
  public var comparesClasses: Bool { false }
}
