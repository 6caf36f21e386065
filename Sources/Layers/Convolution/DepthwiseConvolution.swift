internal import CPinionKernels
internal import PinionTensor

/// A convolution whose groups are single channels, x (n, H, W, C): channel c has m kernels, whose
/// outputs are the filters c·m..<(c + 1)·m. Products of vectors of channels are summed in
/// registers.
struct DepthwiseConvolution: ConvolutionImplementation {
  /// The largest number of pieces of a batch of few samples.
  private static let maximumPieces = 8
  /// The rows of the output that are computed at a time.
  private static let minimumPieceRows = 2

  static let algorithm = ConvolutionAlgorithm(name: "depthwise", Self.self)

  let geometry: WindowGeometry
  /// m.
  let multiplier: Int

  static func limitation(_ shape: ConvolutionShape) -> LayerError? {
    if shape.groups == shape.geometry.channels { return nil }
    return LayerError(
      "as many groups as channels for the depthwise algorithm",
      received: "\(shape.groups) groups of \(shape.geometry.channels) channels")
  }

  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool {
    shape.groups > 1
  }

  init(geometry: WindowGeometry, multiplier: Int) {
    self.geometry = geometry
    self.multiplier = multiplier
  }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.init(geometry: shape.geometry, multiplier: shape.filters / shape.geometry.channels)
  }

  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let pass = program.pass
    let (kernel, epilogue) = (operands.kernel, operands.epilogue)
    let scratch = program.reserve(.scratch, count: scratchFloats)
    let width = rowSize
    let pieces = pass.batch * geometry.outputHeight / Self.minimumPieceRows
    program.forward = [
      pass.forwardPhase(
        rows: geometry.outputHeight, pieces: max(1, min(Self.maximumPieces, pieces))
      ) { context, rows in
        let elements = rows.lowerBound * width..<rows.upperBound * width
        forward(
          context.inputs[0], kernel: context[kernel], bias: epilogue.biasInKernel(context),
          slope: epilogue.slope ?? 1, rows: rows, into: context.output[elements],
          scratch: context[scratch])
        epilogue.applyAfterKernel(to: elements, context)
      }
    ]
    program.backward = [
      .samples { context in
        epilogue.applyGradient(context)
        epilogue.addBiasGradient(context, accumulates: context.accumulates)
        let kernelGradient = pass.isTrainable ? context.gradient(of: kernel) : nil
        if !context.accumulates { kernelGradient?.fill(0) }
        backward(
          context.inputs[0], kernel: context[kernel], outputGradient: context.outputGradient,
          kernelGradient: kernelGradient, inputGradient: context.inputGradients[0],
          scratch: context[scratch])
      }
    ]
  }

  /// Floats of scratch memory.
  var scratchFloats: Int {
    var windows = geometry.windows
    return pinion_depthwise_scratch(&windows, multiplier)
  }

  /// The number of elements of a row of y.
  var rowSize: Int { geometry.outputWidth * geometry.channels * multiplier }

  /// y = f(x ∗ W + bias) for a range of output rows, numbered across the samples, to memory of
  /// these rows alone; f has the given slope below zero.
  func forward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    rows: Range<Int>, into output: MemoryView<Float>, scratch: MemoryView<Float>
  ) {
    let g = geometry
    require(
      output.count == rows.count * rowSize
        && x.count >= (rows.upperBound + g.outputHeight - 1) / g.outputHeight * g.inputSize
        && kernel.count == g.windowSize * multiplier && scratch.count >= scratchFloats,
      "a depthwise convolution of other shapes")
    var pass = pinion_depthwise_output_pass(
      windows: g.windows, multiplier: multiplier, first_row: rows.lowerBound,
      row_count: rows.count, images: x.base, kernel: kernel.base, bias: bias?.base, slope: slope,
      output: output.base, scratch: scratch.base)
    pinion_depthwise_output(&pass)
  }

  /// Adds to the kernel's gradient and writes the input's, if requested, for whole samples.
  func backward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, outputGradient: MemoryView<Float>,
    kernelGradient: MemoryView<Float>?, inputGradient: MemoryView<Float>?,
    scratch: MemoryView<Float>
  ) {
    let (g, images) = (geometry, x.count / geometry.inputSize)
    require(
      outputGradient.count == images * g.outputHeight * rowSize
        && kernel.count == g.windowSize * multiplier && scratch.count >= scratchFloats,
      "gradients of a depthwise convolution of other shapes")
    var pass = pinion_depthwise_gradients_pass(
      windows: g.windows, multiplier: multiplier, count: images, images: x.base,
      kernel: kernel.base, gradients: outputGradient.base, kernel_gradient: kernelGradient?.base,
      image_gradients: inputGradient?.base, scratch: scratch.base)
    pinion_depthwise_gradients(&pass)
  }
}

extension ConvolutionAlgorithm {
  /// Sums vectors of channels in registers. Supports as many groups as channels.
  public static var depthwise: ConvolutionAlgorithm { DepthwiseConvolution.algorithm }
}
