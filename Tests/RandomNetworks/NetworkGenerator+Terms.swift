import PinionLayers
import PinionTensor

/// Penalties and projections.
extension NetworkGenerator {
  /// The layer, in one of six cases with random regularizers and constraints of its parameters.
  mutating func withTerms(_ layer: any Layer, on shape: Shape) -> any Layer {
    guard choices.oneIn(6) else { return layer }
    switch layer {
    case var layer as Dense:
      // All pairs of rows are compared.
      let isSmall = shape.last ?? 0 <= 100
      layer.kernelRegularizer =
        choices.oneIn(3) && isSmall
        ? OrthogonalRegularizer(factor: 0.1, mode: choices.pick([.rows, .columns])) : penalty()
      (layer.biasRegularizer, layer.activityRegularizer) = (penalty(), outputPenalty())
      (layer.kernelConstraint, layer.biasConstraint) = (projection(), biasProjection())
      return layer
    case var layer as Conv2D:
      (layer.kernelRegularizer, layer.biasRegularizer) = (penalty(), penalty())
      layer.activityRegularizer = outputPenalty()
      (layer.kernelConstraint, layer.biasConstraint) = (projection(), biasProjection())
      return layer
    case var layer as Conv2DTranspose:
      (layer.kernelRegularizer, layer.biasRegularizer) = (penalty(), penalty())
      layer.activityRegularizer = outputPenalty()
      (layer.kernelConstraint, layer.biasConstraint) = (projection(), biasProjection())
      return layer
    case var layer as DepthwiseConv2D:
      (layer.kernelRegularizer, layer.biasRegularizer) = (penalty(), penalty())
      layer.activityRegularizer = outputPenalty()
      (layer.kernelConstraint, layer.biasConstraint) = (projection(), biasProjection())
      return layer
    case var layer as SeparableConv2D:
      (layer.depthwiseRegularizer, layer.pointwiseRegularizer) = (penalty(), penalty())
      (layer.biasRegularizer, layer.activityRegularizer) = (penalty(), outputPenalty())
      (layer.depthwiseConstraint, layer.pointwiseConstraint) = (projection(), projection())
      layer.biasConstraint = biasProjection()
      return layer
    case var layer as MultiHeadAttention:
      (layer.kernelRegularizer, layer.biasRegularizer) = (penalty(), penalty())
      layer.activityRegularizer = outputPenalty()
      (layer.kernelConstraint, layer.biasConstraint) = (projection(), biasProjection())
      return layer
    case var layer as Embedding:
      (layer.embeddingsRegularizer, layer.embeddingsConstraint) = (penalty(), projection())
      return layer
    default: return layer
    }
  }

  private mutating func penalty() -> (any Regularizer)? {
    let (l1, l2) = (choices.pick([0, 0.001]), choices.pick([0, 0.01]))
    return l1 + l2 == 0 ? nil : L1L2(l1: l1, l2: l2)
  }

  private mutating func outputPenalty() -> (any Regularizer)? {
    penalizesOutputs && choices.oneIn(2) ? penalty() : nil
  }

  private mutating func projection() -> (any Constraint)? {
    switch choices.below(8) {
    case 0: .nonNegative
    case 1: .maxNorm(0.5)
    case 2: .unitNorm
    case 3: .minMaxNorm(minimum: 0.3, maximum: 0.7, rate: 0.4)
    default: nil
    }
  }

  /// Without norms, which Keras computes over all elements of a bias.
  private mutating func biasProjection() -> (any Constraint)? {
    choices.oneIn(4) ? .nonNegative : nil
  }
}
