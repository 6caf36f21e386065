public import PinionTensor

/// The conditions that a layer's program is built for.
public struct LayerPass: Sendable {
  public enum Mode: Sendable {
    /// Forward and backward pass, with random numbers and batch statistics.
    case training
    /// Forward pass, a function of inputs and parameters only.
    case inference
  }

  public let mode: Mode
  /// The shapes of the inputs for one sample.
  public let inputs: [Shape]
  /// The shape of the output for one sample.
  public let output: Shape
  /// The number of samples, N.
  public let batch: Int
  /// The parameters' names, in the order of ``Layer/parameters(for:)``.
  public let parameterNames: [String]
  /// False for a frozen layer (`trainable = False` in Keras): its parameters have no gradients, and
  /// normalizations run as in inference.
  public let isTrainable: Bool
  /// Whether the parameters never change. ``LayerProgram/prepare(_:)`` then runs once for all
  /// plans.
  public let hasConstantParameters: Bool
  /// Whether the backward pass sets ``LayerContext/inputGradients``: not those of the first layer,
  /// for instance, or without a backward pass.
  public let wantsInputGradients: Bool

  package init(
    mode: Mode, inputs: [Shape], output: Shape, batch: Int, parameterNames: [String] = [],
    isTrainable: Bool = true, hasConstantParameters: Bool = false, wantsInputGradients: Bool = true
  ) {
    self.mode = mode
    self.inputs = inputs
    self.output = output
    self.batch = batch
    self.parameterNames = parameterNames
    self.isTrainable = isTrainable
    self.hasConstantParameters = hasConstantParameters
    self.wantsInputGradients = wantsInputGradients && mode == .training
  }

  /// A copy with another batch size.
  func with(batch: Int) -> LayerPass {
    LayerPass(
      mode: mode, inputs: inputs, output: output, batch: batch, parameterNames: parameterNames,
      isTrainable: isTrainable, hasConstantParameters: hasConstantParameters,
      wantsInputGradients: wantsInputGradients)
  }
}

extension Graph {
  /// The conditions that a node's program is built for.
  package func pass(
    of node: Node, mode: LayerPass.Mode, batch: Int, hasConstantParameters: Bool = false,
    wantsInputGradients: Bool = true
  ) -> LayerPass {
    let layer = layer(of: node)
    return LayerPass(
      mode: mode, inputs: node.inputShapes, output: node.outputShape, batch: batch,
      parameterNames: layer.parameters.map(\.name), isTrainable: layer.isTrainable,
      hasConstantParameters: hasConstantParameters, wantsInputGradients: wantsInputGradients)
  }
}
