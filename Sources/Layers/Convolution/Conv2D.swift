public import PinionTensor

/// A two-dimensional convolution: y[n,i,j,o] = f(b[o] + Σ x[n, i·s + k − p, j·s + l − p, c] · W[k,l,c,o]).
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, F), F the number of filters; H′, W′ as ``Padding`` says.
/// - Parameters: `kernel` (kernel height, kernel width, C, F), `bias` (F,).
///
/// As Keras 3's `Conv2D` with channels last.
public struct Conv2D: Layer {
  /// The number of output channels, F.
  public var filters: Int
  /// The height and width of the kernel.
  public var kernel: Size2D
  /// s: the step from window to window. Default: 1.
  public var stride: Size2D
  /// What is added at the borders. Default: nothing.
  public var padding: Padding
  /// f. Default: none.
  @Configured public var activation: any ActivationFunction
  /// Whether there is a b. Default: yes.
  public var usesBias: Bool
  /// The first values of the kernel. Default: Glorot uniform.
  @Configured public var kernelInitializer: any Initializer
  /// The first values of the bias. Default: zeros.
  @Configured public var biasInitializer: any Initializer
  /// How it is computed. Default: the fastest known.
  public var algorithm: ConvolutionAlgorithm
  /// The layer's name, or nil for one made from its type.
  public var name: String?
  /// The same for all copies of the value.
  public private(set) var identity = LayerIdentity()

  /// A convolution with `filters` kernels.
  public init(
    _ filters: Int, kernel: Size2D, stride: Size2D = 1, padding: Padding = .valid,
    activation: some ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, algorithm: ConvolutionAlgorithm = .automatic,
    name: String? = nil
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    _activation = Configured(wrappedValue: activation)
    self.usesBias = usesBias
    _kernelInitializer = Configured(wrappedValue: kernelInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    self.algorithm = algorithm
    self.name = name
  }

  /// (H, W, C) → (H′, W′, F).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(filters, named: "filters", received: filters)
    try activation.validate()
    let g = try WindowGeometry(
      input: inputs[0], kernel: kernel, stride: stride, padding: padding, window: "kernel")
    try LayerError.require(
      algorithm != .winograd || Winograd.takes(g),
      "a 3 × 3 kernel and a stride of 1 for Winograd's algorithm",
      received: "the kernel \(kernel) and the stride \(stride)")
    try LayerError.require(
      algorithm != .shallow || ShallowConvolution.takes(g),
      "at most 16 values in a kernel's row for the shallow algorithm",
      received: "\(kernel.width) pixels of \(g.channels) channels")
    return [g.outputHeight, g.outputWidth, filters]
  }

  /// The kernel, and the bias if there is one.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape: Shape = [kernel.height, kernel.width, inputs[0][2], filters]
    let kernel = Parameter("kernel", shape: shape, erased: kernelInitializer)
    let bias = Parameter("bias", shape: [filters], erased: biasInitializer)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// Any images; a part of each of few images in pieces, so that one image uses all threads.
  public func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.setsGradients = true
    execution.backwardReadsOutput = !activation.isIdentity && activation.gradientReads == .output
    if activation.gradientReads == .input {
      execution.keptBytes = pass.output.elementCount * MemoryLayout<Float>.stride
    }
    let run = ConvolutionRun(
      self, input: pass.inputs[0], mode: pass.mode, batch: pass.batch, isFrozen: pass.isFrozen)
    if activation.isIdentity {
      // At a border, padding would not be shifted.
      if !run.geometry.hasPadding { execution.channelShift = .shifts }
      execution.shiftParameter = usesBias ? 1 : nil
    }
    execution.scratchFloats = run.scratchFloats(batch: pass.batch)
    if run.preparesKernel { run.winograd.describe(pass, in: &execution) }
    if let pieces = run.pieces { execution.forward = [.pieces(pieces)] }
    return execution
  }

  /// The kernel as Winograd's algorithm takes it.
  public func prepare(_ context: LayerContext) {
    let winograd = run(context).winograd
    let count = winograd.kernelFloats
    winograd.prepare(
      kernel: context.parameters[0], transformed: context.prepared[0..<count],
      turned: context.mode == .training ? context.prepared[count..<2 * count] : nil,
      scratch: context.scratch)
  }

  /// The activation, which the layer can do without.
  public var trailingActivation: (any ActivationFunction)? { activation }

  /// The convolution and its bias alone.
  public var withoutTrailingActivation: Conv2D {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }

  /// y = f(x ∗ W + b).
  public func forward(_ context: LayerContext) {
    let run = run(context)
    switch run.algorithm {
    case .winograd: forwardByWinograd(run, context)
    case .shallow: forwardShallow(run, context)
    case .im2col, .direct, .automatic: forwardByProduct(run, context)
    }
  }

  /// dz = dy·f′, db = Σ dz, dW = Σ xᵀ ∗ dz, dx = dz ∗ Wᵀ.
  public func backward(_ context: LayerContext) {
    let run = run(context)
    switch run.algorithm {
    case .winograd: backwardByWinograd(run, context)
    case .shallow: backwardShallow(run, context)
    case .im2col, .direct, .automatic: backwardByProduct(run, context)
    }
  }

  /// The slope below zero of an activation that kernels apply on the fly.
  var slopeInKernel: Float? {
    activation.gradientReads == .output ? activation.slopeBelowZero : nil
  }

  private func run(_ context: LayerContext) -> ConvolutionRun {
    ConvolutionRun(
      self, input: context.inputShapes[0], mode: context.mode, batch: context.batch,
      isFrozen: context.isFrozen)
  }

  private func forwardByProduct(_ run: ConvolutionRun, _ context: LayerContext) {
    let g = run.geometry
    let bias = usesBias ? context.parameters[1] : nil
    let width = g.outputWidth * filters
    run.convolution.forward(
      context.inputs[0], kernel: context.parameters[0], output: context.output,
      rows: run.part(of: context.imageCount * g.outputHeight, piece: context.piece),
      scratch: context.scratch
    ) { block in
      finish(
        context.output[block.lowerBound * width..<block.upperBound * width], bias: bias,
        activation: activation, width: filters, context: context,
        keptOffset: block.lowerBound * width)
    }
  }

  private func backwardByProduct(_ run: ConvolutionRun, _ context: LayerContext) {
    applyActivationGradient(activation, context: context, width: filters)
    if usesBias {
      if !context.accumulates { context.gradients[1].fill(0) }
      addColumnSums(of: context.outputGradient, to: context.gradients[1])
    }
    run.convolution.backward(
      context.inputs[0], kernel: context.parameters[0], outputGradient: context.outputGradient,
      kernelGradient: context.gradients[0], accumulates: context.accumulates,
      inputGradient: context.inputGradients[0], scratch: context.scratch)
  }
}
