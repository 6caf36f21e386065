public import PinionTensor

/// The mean of (ŷ − y)² over the elements of a sample, as in Keras 3.
///
/// Outputs and targets: (N, …) of the same shape.
public struct MeanSquaredError: Loss {
  public init() {}

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireFlat(output, unlike: target, if: target.rank <= 1)
    try LayerError.require(
      output == target, "the mean squared error needs targets of the output's shape \(output)",
      received: "targets of shape \(target)")
  }

  public func evaluate(_ context: LossContext) {
    let size = context.outputs.count / max(1, context.sampleCount)
    for sample in 0..<context.sampleCount {
      var sum = 0.0
      for i in sample * size..<(sample + 1) * size {
        let difference = context.outputs[i] - context.targets[i]
        sum += Double(difference) * Double(difference)
        context.gradients?[i] = 2 * difference * context.gradientScale / Float(size)
      }
      context.losses[sample] = Float(sum / Double(size))
    }
  }
}

extension Loss where Self == MeanSquaredError {
  /// The mean of squared differences.
  public static var meanSquaredError: MeanSquaredError { MeanSquaredError() }
}
