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
    return [g.outputHeight, g.outputWidth, filters]
  }

  /// The kernel, and the bias if there is one.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape: Shape = [kernel.height, kernel.width, inputs[0][2], filters]
    let kernel = Parameter("kernel", shape: shape, erased: kernelInitializer)
    let bias = Parameter("bias", shape: [filters], erased: biasInitializer)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// Any images; the rows of few images in pieces, so that one image uses all threads.
  public func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    let g = geometry(pass.inputs[0])
    execution.scratchFloats = ConvolutionCut.blockFloats(g, rows: pass.batch * g.outputHeight)
    execution.setsGradients = true
    execution.backwardReadsOutput = !activation.isIdentity && activation.gradientReads == .output
    if activation.gradientReads == .input {
      execution.keptBytes = pass.output.elementCount * MemoryLayout<Float>.stride
    }
    if pass.mode == .inference, pass.batch <= ConvolutionCut.fewImages {
      let rows = pass.batch * g.outputHeight
      execution.forward = [.pieces(min(rows, ConvolutionCut.pieces))]
    }
    return execution
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
    let g = geometry(context.inputShapes[0])
    var rows = 0..<context.imageCount * g.outputHeight
    if context.mode == .inference, context.batch <= ConvolutionCut.fewImages {
      let pieces = min(rows.count, ConvolutionCut.pieces)
      rows = context.piece * rows.count / pieces..<(context.piece + 1) * rows.count / pieces
    }
    let bias = usesBias ? context.parameters[1] : nil
    let width = g.outputWidth * filters
    let convolution = Convolution(geometry: g, filters: filters, algorithm: algorithm.resolved)
    convolution.forward(
      context.inputs[0], kernel: context.parameters[0], output: context.output, rows: rows,
      scratch: context.scratch
    ) { block in
      finish(
        context.output[block.lowerBound * width..<block.upperBound * width], bias: bias,
        activation: activation, width: filters, context: context,
        keptOffset: block.lowerBound * width)
    }
  }

  /// dz = dy·f′, db = Σ dz, dW = Σ xᵀ ∗ dz, dx = dz ∗ Wᵀ.
  public func backward(_ context: LayerContext) {
    let g = geometry(context.inputShapes[0])
    applyActivationGradient(activation, context: context, width: filters)
    if usesBias {
      if !context.accumulates { context.gradients[1].fill(0) }
      addColumnSums(of: context.outputGradient, to: context.gradients[1])
    }
    let convolution = Convolution(geometry: g, filters: filters, algorithm: algorithm.resolved)
    convolution.backward(
      context.inputs[0], kernel: context.parameters[0], outputGradient: context.outputGradient,
      kernelGradient: context.gradients[0], accumulates: context.accumulates,
      inputGradient: context.inputGradients[0], scratch: context.scratch)
  }

  private func geometry(_ input: Shape) -> WindowGeometry {
    guard
      let geometry = try? WindowGeometry(
        input: input, kernel: kernel, stride: stride, padding: padding, window: "kernel")
    else { preconditionFailure("a convolution runs on a shape that it refused") }
    return geometry
  }
}
