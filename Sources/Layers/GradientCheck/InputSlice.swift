internal import PinionTensor

/// A part of a vector as a tensor, so that a layer of several inputs can be checked in a graph of one.
struct InputSlice: Layer {
  var start: Int
  var shape: Shape

  func outputShape(for inputs: [Shape]) -> Shape { shape }

  func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.backwardReadsInputs = false
    return execution
  }

  func forward(_ context: LayerContext) {
    let (size, width) = (shape.elementCount, context.inputShapes[0].elementCount)
    for image in 0..<context.imageCount {
      let source = image * width + start
      context.output[image * size..<(image + 1) * size]
        .copy(from: context.inputs[0][source..<source + size])
    }
  }

  func backward(_ context: LayerContext) {
    guard let dx = context.inputGradients[0] else { return }
    let (size, width) = (shape.elementCount, context.inputShapes[0].elementCount)
    dx.fill(0)
    for image in 0..<context.imageCount {
      let target = image * width + start
      dx[target..<target + size].copy(
        from: context.outputGradient[image * size..<(image + 1) * size])
    }
  }
}
