internal import PinionTensor

/// A convolution's passes by Winograd's algorithm.
extension Conv2D {
  func forwardByWinograd(_ run: ConvolutionRun, _ context: LayerContext) {
    let winograd = run.winograd
    let rows = run.part(of: context.imageCount * winograd.tileRows, piece: context.piece)
    let pixels = winograd.outputPixels(ofTileRows: rows)
    let part = pixels.lowerBound * filters..<pixels.upperBound * filters
    let bias = usesBias ? context.parameters[1] : nil
    let slope = slopeInKernel
    winograd.forward(
      context.inputs[0], transformed: context.prepared[0..<winograd.kernelFloats],
      bias: slope == nil ? nil : bias, slope: slope ?? 1, output: context.output,
      tiles: rows.lowerBound * winograd.tileColumns..<rows.upperBound * winograd.tileColumns,
      scratch: context.scratch)
    if slope == nil {
      finish(
        context.output[part], bias: bias, activation: activation, width: filters, context: context,
        keptOffset: part.lowerBound)
    }
  }

  func backwardByWinograd(_ run: ConvolutionRun, _ context: LayerContext) {
    let winograd = run.winograd
    let slope = slopeInKernel
    if slope == nil { applyActivationGradient(activation, context: context, width: filters) }
    let bias = usesBias ? context.gradients[1] : nil
    if !context.accumulates { bias?.fill(0) }
    let count = winograd.kernelFloats
    winograd.backward(
      context.inputs[0], turned: context.prepared[count..<2 * count],
      gradients: Winograd.Gradients(
        output: context.outputGradient,
        outputs: activation.isIdentity || slope == nil ? nil : context.output, slope: slope ?? 1,
        bias: bias, kernelSums: context.carried, accumulates: !context.startsLane,
        input: context.inputGradients[0]),
      scratch: context.scratch)
    if context.endsLane {
      winograd.finishKernelGradient(context.carried, into: context.gradients[0])
    }
  }
}

extension Winograd {
  /// What a layer that runs by this algorithm needs.
  func describe(_ pass: LayerPass, in execution: inout Execution) {
    execution.preparedFloats = kernelFloats
    let images = WinogradCut.images(tilesPerImage: tilesPerImage, batch: pass.batch)
    execution.forward = [.images(minimum: images)]
    guard pass.mode == .training else { return }
    execution.backward = [.images(minimum: images)]
    execution.scratchFloats = max(execution.scratchFloats, 9 * geometry.channels * filters)
    execution.preparedFloats = 2 * kernelFloats
    execution.carriedFloats = sumFloats
  }
}
