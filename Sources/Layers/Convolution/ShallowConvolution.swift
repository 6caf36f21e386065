internal import CPinionKernels
internal import PinionTensor

/// The arithmetic of a convolution with few values in a kernel's row, on whole images (n, H, W, C): the sums of some pixels and filters stay in
/// registers, while the kernel passes by.
struct ShallowConvolution {
  let geometry: WindowGeometry
  let filters: Int

  /// Whether a row of the kernel holds few enough values.
  static func takes(_ g: WindowGeometry) -> Bool {
    g.kernel.width * g.channels <= pinion_shallow_limit
  }

  /// Floats of scratch memory.
  var scratchFloats: Int {
    var windows = geometry.windows
    return pinion_shallow_scratch(&windows, filters)
  }

  /// y = f(x ∗ W + bias) for a range of output rows, counted through the images; f has the slope below zero.
  func forward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    output: MemoryView<Float>, rows: Range<Int>, scratch: MemoryView<Float>
  ) {
    require(
      output.count >= rows.upperBound * geometry.outputWidth * filters, "an output of too few rows")
    require(scratch.count >= scratchFloats, "too little scratch")
    var windows = geometry.windows
    pinion_shallow_output(
      &windows, x.base, kernel.base, bias?.base, slope, filters, rows.lowerBound, rows.count,
      output.base, scratch.base)
  }

  /// Adds to the kernel's and the bias's gradient, and writes the input's if it is wanted.
  ///
  /// - Parameters:
  ///   - outputs: y, where an activation's slope below zero is still to be applied to dy.
  func backward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, outputGradient: MemoryView<Float>,
    outputs: MemoryView<Float>?, slope: Float, kernelGradient: MemoryView<Float>,
    biasGradient: MemoryView<Float>?, inputGradient: MemoryView<Float>?,
    scratch: MemoryView<Float>
  ) {
    let images = x.count / geometry.inputSize
    require(
      outputGradient.count == images * geometry.outputPixels * filters,
      "output gradients of another shape")
    require(scratch.count >= scratchFloats, "too little scratch")
    inputGradient?.fill(0)
    var windows = geometry.windows
    pinion_shallow_gradients(
      &windows, x.base, kernel.base, outputGradient.base, outputs?.base, slope, filters, images,
      kernelGradient.base, biasGradient?.base, inputGradient?.base, scratch.base)
  }
}

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
