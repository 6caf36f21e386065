public import PinionTensor

/// What a layer's program is made for.
public struct LayerPass: Sendable {
  public enum Mode: Sendable {
    /// Forward and backward, with the randomness and the batch statistics of training.
    case training
    /// Forward alone, as a function of the parameters.
    case inference
  }

  /// What the pass is for.
  public let mode: Mode
  /// The shapes of the inputs for one sample.
  public let inputs: [Shape]
  /// The shape of the output for one sample.
  public let output: Shape
  /// The number of samples, N.
  public let batch: Int
  /// The names of the layer's parameters, in the order of ``Layer/parameters(for:)``.
  public let parameterNames: [String]
  /// Whether the layer is trained. One that is frozen (Keras's `trainable = False`) gets no
  /// gradients of its parameters, and a normalization runs as in inference.
  public let isTrainable: Bool
  /// Whether the parameters never change, so that what depends on them alone is prepared once for
  /// all plans.
  public let hasConstantParameters: Bool

  public init(
    mode: Mode, inputs: [Shape], output: Shape, batch: Int, parameterNames: [String] = [],
    isTrainable: Bool = true, hasConstantParameters: Bool = false
  ) {
    self.mode = mode
    self.inputs = inputs
    self.output = output
    self.batch = batch
    self.parameterNames = parameterNames
    self.isTrainable = isTrainable
    self.hasConstantParameters = hasConstantParameters
  }

  /// The same for another number of samples.
  func with(batch: Int) -> LayerPass {
    LayerPass(
      mode: mode, inputs: inputs, output: output, batch: batch, parameterNames: parameterNames,
      isTrainable: isTrainable, hasConstantParameters: hasConstantParameters)
  }
}

extension Graph {
  /// What the program of a node is made for.
  package func pass(
    of node: Node, mode: LayerPass.Mode, batch: Int, hasConstantParameters: Bool = false
  ) -> LayerPass {
    let layer = layer(of: node)
    return LayerPass(
      mode: mode, inputs: node.inputShapes, output: node.outputShape, batch: batch,
      parameterNames: layer.parameters.map(\.name), isTrainable: layer.isTrainable,
      hasConstantParameters: hasConstantParameters)
  }
}
