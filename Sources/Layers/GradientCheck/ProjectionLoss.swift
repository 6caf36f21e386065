internal import PinionTensor

/// Σ y·t: the outputs seen along one direction, whose gradient is the direction itself.
struct ProjectionLoss: Loss {
  func validate(output: Shape, target: Shape) throws {}

  func evaluate(_ context: LossContext) {
    let size = context.outputs.count / max(1, context.imageCount)
    for image in 0..<context.imageCount {
      var sum = 0.0
      for i in image * size..<(image + 1) * size {
        sum += Double(context.outputs[i]) * Double(context.targets[i])
        context.gradients?[i] = context.targets[i] * context.gradientScale
      }
      context.losses[image] = Float(sum)
    }
  }
}
