internal import CPinionKernels
internal import PinionTensor

/// A direct convolution without a matrix of columns, x (n, H, W, C): the sums of a block of pixels
/// and filters stay in registers.
struct ShallowConvolution: ConvolutionImplementation {
  /// The number of pieces of a batch of few samples.
  private static let pieces = 8
  /// The largest window of a small kernel, in values, for which the algorithm is favored.
  private static let usualWindow = 512
  /// The same for kernels of at least `largeTaps` pixels.
  private static let overlappingWindow = 1_024
  private static let largeTaps = 25
  /// The shortest row of outputs for which the algorithm is favored.
  private static let minimumColumns = 4

  static let algorithm = ConvolutionAlgorithm(name: "shallow", Self.self)

  let geometry: WindowGeometry
  let filters: Int

  static func limitation(_ shape: ConvolutionShape) -> LayerError? {
    if let limitation = shape.limitation(withoutDilationAndGroupsFor: algorithm) {
      return limitation
    }
    let height = shape.geometry.kernel.height
    if height <= pinion_shallow_limit { return nil }
    return LayerError(
      "at most \(pinion_shallow_limit) rows in the kernel for the shallow algorithm",
      received: "\(height) rows")
  }

  /// If windows overlap or are narrow, and the kernel of sixteen filters fits the L1 cache;
  /// otherwise matrix products are as fast, unless many windows overlap. Short rows of outputs have
  /// too few sums.
  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool {
    let g = shape.geometry
    let isLarge = g.kernel.height * g.kernel.width >= largeTaps
    return !g.isPointwise && g.outputWidth >= minimumColumns
      && g.windowSize <= (isLarge ? overlappingWindow : usualWindow)
  }

  init(geometry: WindowGeometry, filters: Int) {
    self.geometry = geometry
    self.filters = filters
  }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.init(geometry: shape.geometry, filters: shape.filters)
  }

  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let (pass, epilogue) = (program.pass, operands.epilogue)
    let prepared = reservePreparation(of: operands, in: &program)
    let scratch = program.reserve(.scratch, count: scratchFloats)
    let width = geometry.outputWidth * filters
    program.forward = [
      pass.forwardPhase(rows: geometry.outputHeight, pieces: Self.pieces) { context, rows in
        forward(
          context.inputs[0], packed: context[prepared.kernel],
          bias: epilogue.biasInKernel(context), slope: epilogue.slope ?? 1,
          output: context.output, rows: rows, scratch: context[scratch])
        epilogue.applyAfterKernel(
          to: rows.lowerBound * width..<rows.upperBound * width, context)
      }
    ]
    guard pass.mode == .training else { return }
    let kernel = operands.kernel
    // A frozen layer's gradients are written, but not read.
    let unread =
      pass.isTrainable ? nil : program.reserve(.scratch, count: geometry.windowSize * filters)
    program.backward = [
      .samples { context in
        if epilogue.slope == nil { epilogue.applyGradient(context) }
        let kernelGradient = unread.map { context[$0] } ?? context.gradient(of: kernel)
        if !context.accumulates { kernelGradient.fill(0) }
        self.backward(
          context.inputs[0], packed: prepared.backward.map { context[$0] },
          outputGradient: context.outputGradient,
          outputs: epilogue.outputInKernel(context), slope: epilogue.slope ?? 1,
          kernelGradient: kernelGradient,
          biasGradient: epilogue.biasGradientInKernel(context, accumulates: context.accumulates),
          inputGradient: context.inputGradients[0], scratch: context[scratch])
      }
    ]
  }

  func addPreparation(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    _ = reservePreparation(of: operands, in: &program)
  }

  /// The packed kernel, and the one for the input's gradient if there is one.
  private func reservePreparation(
    of operands: ConvolutionOperands, in program: inout LayerProgram
  ) -> (kernel: MemoryHandle<Float>, backward: MemoryHandle<Float>?) {
    let packed = program.reserve(.prepared, count: packedFloats)
    let backward =
      program.pass.wantsInputGradients
      ? program.reserve(.prepared, count: packedBackwardFloats) : nil
    let kernel = operands.kernel
    program.prepare { context in
      pack(context[kernel], into: context[packed])
      if let backward { packBackward(context[kernel], into: context[backward]) }
    }
    return (packed, backward)
  }

  // MARK: The kernel

  /// Floats of the packed kernel.
  var packedFloats: Int {
    var windows = geometry.windows
    return pinion_shallow_packed(&windows, filters)
  }

  /// Floats of the kernel that is packed for the input's gradient.
  var packedBackwardFloats: Int {
    var windows = geometry.windows
    return pinion_shallow_packed_backward(&windows, filters)
  }

  /// Packs a kernel for ``forward(_:packed:bias:slope:output:rows:scratch:)``.
  func pack(_ kernel: MemoryView<Float>, into packed: MemoryView<Float>) {
    require(
      kernel.count == geometry.windowSize * filters && packed.count == packedFloats,
      "kernels of another shape")
    var windows = geometry.windows
    pinion_shallow_pack(&windows, filters, kernel.base, packed.base)
  }

  /// Packs a kernel for the gradient of the input.
  func packBackward(_ kernel: MemoryView<Float>, into packed: MemoryView<Float>) {
    require(
      kernel.count == geometry.windowSize * filters && packed.count == packedBackwardFloats,
      "kernels of another shape")
    var windows = geometry.windows
    pinion_shallow_pack_backward(&windows, filters, kernel.base, packed.base)
  }

  // MARK: The passes

  /// Floats of scratch memory.
  var scratchFloats: Int {
    var windows = geometry.windows
    return pinion_shallow_scratch(&windows, filters)
  }

  /// y = f(x ∗ W + bias) for a range of output rows, numbered across the samples; f has the given
  /// slope below zero.
  func forward(
    _ x: MemoryView<Float>, packed: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    output: MemoryView<Float>, rows: Range<Int>, scratch: MemoryView<Float>
  ) {
    require(
      output.count >= rows.upperBound * geometry.outputWidth * filters, "an output of too few rows")
    require(
      scratch.count >= scratchFloats && packed.count == packedFloats, "too little memory")
    var pass = pinion_shallow_output_pass(
      windows: geometry.windows, filters: filters, first_row: rows.lowerBound,
      row_count: rows.count, images: x.base, packed: packed.base, bias: bias?.base, slope: slope,
      output: output.base, scratch: scratch.base)
    pinion_shallow_output(&pass)
  }

  /// Adds to the kernel's and the bias's gradient, and writes the input's if requested.
  ///
  /// - Parameters:
  ///   - packed: The kernel as ``packBackward(_:into:)`` lays it out, for the input's gradient.
  ///   - outputs: y, if the kernel computes dz from dy by the slope below zero.
  func backward(
    _ x: MemoryView<Float>, packed: MemoryView<Float>?, outputGradient: MemoryView<Float>,
    outputs: MemoryView<Float>?, slope: Float, kernelGradient: MemoryView<Float>,
    biasGradient: MemoryView<Float>?, inputGradient: MemoryView<Float>?,
    scratch: MemoryView<Float>
  ) {
    let images = x.count / geometry.inputSize
    require(
      outputGradient.count == images * geometry.outputPixels * filters,
      "output gradients of another shape")
    require(
      scratch.count >= scratchFloats
        && (inputGradient == nil || packed?.count == packedBackwardFloats), "too little memory")
    var pass = pinion_shallow_gradients_pass(
      windows: geometry.windows, filters: filters, count: images, images: x.base,
      packed: packed?.base, gradients: outputGradient.base, outputs: outputs?.base, slope: slope,
      kernel_gradient: kernelGradient.base, bias_gradient: biasGradient?.base,
      image_gradients: inputGradient?.base, scratch: scratch.base)
    pinion_shallow_gradients(&pass)
  }
}

extension ConvolutionAlgorithm {
  /// Computes the sums of several pixels and filters in registers, directly from the image.
  /// Supports kernels of up to 16 rows without dilation and groups; the fastest for windows of up
  /// to some hundred values, as in the first layers of a network.
  public static var shallow: ConvolutionAlgorithm { ShallowConvolution.algorithm }
}
