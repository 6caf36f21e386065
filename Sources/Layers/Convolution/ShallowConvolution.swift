internal import CPinionKernels
internal import PinionTensor

/// A convolution with few values in a kernel's row, x (n, H, W, C): the sums of some pixels and
/// filters stay in registers while the kernel passes by.
struct ShallowConvolution: ConvolutionKernel {
  /// Pieces of a batch of few samples.
  private static let pieces = 8

  static let algorithm = ConvolutionAlgorithm(name: "shallow", kernel: Self.self)

  let geometry: WindowGeometry
  let filters: Int

  static func limitation(_ shape: ConvolutionShape) -> LayerError? {
    if let limitation = shape.limitation(withoutDilationAndGroupsFor: algorithm) {
      return limitation
    }
    let g = shape.geometry
    if g.kernel.width * g.channels <= pinion_shallow_limit { return nil }
    return LayerError(
      "at most \(pinion_shallow_limit) values in a kernel's row for the shallow algorithm",
      received: "\(g.kernel.width) pixels of \(g.channels) channels")
  }

  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool { true }

  init(geometry: WindowGeometry, filters: Int) {
    self.geometry = geometry
    self.filters = filters
  }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.init(geometry: shape.geometry, filters: shape.filters)
  }

  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let pass = program.pass
    let (kernel, epilogue) = (operands.kernel, operands.epilogue)
    let scratch = program.reserve(.scratch, count: scratchFloats)
    let width = geometry.outputWidth * filters
    program.forward = [
      pass.forwardPhase(rows: geometry.outputHeight, pieces: Self.pieces) { context, rows in
        forward(
          context.inputs[0], kernel: context[kernel], bias: epilogue.biasInKernel(context),
          slope: epilogue.slope ?? 1, output: context.output, rows: rows,
          scratch: context[scratch])
        if epilogue.slope == nil {
          epilogue.apply(to: rows.lowerBound * width..<rows.upperBound * width, context)
        }
      }
    ]
    // Of a frozen layer, gradients that nobody reads.
    let unread =
      pass.isTrainable ? nil : program.reserve(.scratch, count: geometry.windowSize * filters)
    program.backward = [
      .samples { context in
        if epilogue.slope == nil { epilogue.applyGradient(context) }
        let kernelGradient = unread.map { context[$0] } ?? context.gradient(of: kernel)
        if !context.accumulates { kernelGradient.fill(0) }
        backward(
          context.inputs[0], kernel: context[kernel], outputGradient: context.outputGradient,
          outputs: epilogue.outputInKernel(context), slope: epilogue.slope ?? 1,
          kernelGradient: kernelGradient,
          biasGradient: epilogue.biasGradientInKernel(context, accumulates: context.accumulates),
          inputGradient: context.inputGradients[0], scratch: context[scratch])
      }
    ]
  }

  /// Floats of scratch memory.
  var scratchFloats: Int {
    var windows = geometry.windows
    return pinion_shallow_scratch(&windows, filters)
  }

  /// y = f(x ∗ W + bias) for a range of output rows, counted through the samples; f has the slope
  /// below zero.
  func forward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    output: MemoryView<Float>, rows: Range<Int>, scratch: MemoryView<Float>
  ) {
    require(
      output.count >= rows.upperBound * geometry.outputWidth * filters, "an output of too few rows")
    require(scratch.count >= scratchFloats, "too little scratch")
    var pass = pinion_shallow_output_pass(
      windows: geometry.windows, filters: filters, first_row: rows.lowerBound,
      row_count: rows.count, images: x.base, kernel: kernel.base, bias: bias?.base, slope: slope,
      output: output.base, scratch: scratch.base)
    pinion_shallow_output(&pass)
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
    var pass = pinion_shallow_gradients_pass(
      windows: geometry.windows, filters: filters, count: images, images: x.base,
      kernel: kernel.base, gradients: outputGradient.base, outputs: outputs?.base, slope: slope,
      kernel_gradient: kernelGradient.base, bias_gradient: biasGradient?.base,
      image_gradients: inputGradient?.base, scratch: scratch.base)
    pinion_shallow_gradients(&pass)
  }
}

extension ConvolutionAlgorithm {
  /// Sums of eight pixels at a time in registers. Takes kernels whose rows hold few values, kernel
  /// width · channels ≤ 16, as a network's first often do.
  public static var shallow: ConvolutionAlgorithm { ShallowConvolution.algorithm }
}
