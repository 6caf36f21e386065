internal import PinionTensor

/// A convolution's passes over kernels with few values in a row.
extension Conv2D {
  func forwardShallow(_ run: ConvolutionRun, _ context: LayerContext) {
    let shallow = run.shallow
    let rows = run.part(
      of: context.imageCount * run.geometry.outputHeight, piece: context.piece)
    let slope = slopeInKernel
    let bias = usesBias ? context.parameters[1] : nil
    shallow.forward(
      context.inputs[0], kernel: context.parameters[0], bias: slope == nil ? nil : bias,
      slope: slope ?? 1, output: context.output, rows: rows, scratch: context.scratch)
    if slope == nil {
      let row = run.geometry.outputWidth * filters
      let part = rows.lowerBound * row..<rows.upperBound * row
      finish(
        context.output[part], bias: bias, activation: activation, width: filters, context: context,
        keptOffset: part.lowerBound)
    }
  }

  func backwardShallow(_ run: ConvolutionRun, _ context: LayerContext) {
    let shallow = run.shallow
    let slope = slopeInKernel
    if slope == nil { applyActivationGradient(activation, context: context, width: filters) }
    let bias = usesBias ? context.gradients[1] : nil
    if !context.accumulates {
      bias?.fill(0)
      context.gradients[0].fill(0)
    }
    shallow.backward(
      context.inputs[0], kernel: context.parameters[0], outputGradient: context.outputGradient,
      outputs: activation.isIdentity || slope == nil ? nil : context.output, slope: slope ?? 1,
      kernelGradient: context.gradients[0], biasGradient: bias,
      inputGradient: context.inputGradients[0], scratch: context.scratch)
  }
}
