public import PinionTensor

/// A transposed convolution: the linear map from the gradient of a convolution's output to the
/// gradient of its input. y[n, i·s + k − p, j·s + l − p, o] = f(b[o] + Σ x[n,i,j,c] · W[k,l,o,c]),
/// summed over all i, j, k, l and c that give this position.
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, F), F the number of filters. Along an axis of n
///   pixels, with kernel size k, stride s and output padding e:
///
///   | padding | without e | with e |
///   |---|---|---|
///   | `.valid` | (n − 1)·s + max(k, s) | (n − 1)·s + k + e |
///   | `.same` | n·s | (n − 1)·s + k mod 2 + e |
/// - Parameters: `kernel` (kernel height, kernel width, F, C), `bias` (F,).
///
/// As Keras 3's `Conv2DTranspose` with channels last on TensorFlow.
public struct Conv2DTranspose: Layer {
  /// The number of output channels, F.
  public var filters: Int
  /// The height and width of the kernel.
  public var kernel: Size2D
  /// s, the distance between neighboring windows on the output. Default: 1.
  public var stride: Size2D
  /// The padding of the convolution that this one transposes. Default: none.
  public var padding: Padding
  /// e, the rows and columns added to the output at the bottom and at the right; less than the
  /// stride. Default: nil, as in the table.
  public var outputPadding: Size2D?
  /// f. Default: the identity.
  @Configured public var activation: any ActivationFunction
  /// Whether to add a bias. Default: true.
  public var usesBias: Bool
  /// The initial values of the kernel. Default: Glorot uniform, with fan-in kernel height · kernel
  /// width · F and fan-out kernel height · kernel width · C.
  @Configured public var kernelInitializer: any Initializer
  /// The initial values of the bias. Default: zeros.
  @Configured public var biasInitializer: any Initializer
  /// The penalty on the kernel. Default: none.
  @ConfiguredIfPresent public var kernelRegularizer: (any Regularizer)?
  /// The penalty on the bias. Default: none.
  @ConfiguredIfPresent public var biasRegularizer: (any Regularizer)?
  /// The penalty on the output; see ``Layer/activityRegularizer``. Default: none.
  @ConfiguredIfPresent public var activityRegularizer: (any Regularizer)?
  /// The projection of the kernel after an update. Default: none.
  @ConfiguredIfPresent public var kernelConstraint: (any Constraint)?
  /// The projection of the bias after an update. Default: none.
  @ConfiguredIfPresent public var biasConstraint: (any Constraint)?
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    _ filters: Int, kernel: Size2D, stride: Size2D = 1, padding: Padding = .valid,
    outputPadding: Size2D? = nil, activation: some ActivationFunction = .linear,
    usesBias: Bool = true, kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
    biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
    kernelConstraint: (any Constraint)? = nil,
    biasConstraint: (any Constraint)? = nil, name: String? = nil
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.outputPadding = outputPadding
    _activation = Configured(wrappedValue: activation)
    self.usesBias = usesBias
    _kernelInitializer = Configured(wrappedValue: kernelInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    self.kernelRegularizer = kernelRegularizer
    self.biasRegularizer = biasRegularizer
    self.activityRegularizer = activityRegularizer
    self.kernelConstraint = kernelConstraint
    self.biasConstraint = biasConstraint
    self.name = name
  }

  /// (H, W, C) → (H′, W′, F).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(filters, named: "filters", received: filters)
    try activation.validate()
    try LayerError.require(
      inputs[0].rank == 3, "an input of shape (height, width, channels)",
      received: "the shape \(inputs[0])")
    try SizeLimits.require(kernel.height, kernel.width, named: "kernel", received: kernel)
    try SizeLimits.require(stride.height, stride.width, named: "stride", received: stride)
    if let outputPadding {
      try LayerError.require(
        outputPadding.height >= 0 && outputPadding.height < stride.height
          && outputPadding.width >= 0 && outputPadding.width < stride.width,
        "an output padding of at least 0 and less than the stride \(stride)",
        received: "\(outputPadding)")
      // The convolution would have fewer pixels than the input has.
      try LayerError.require(
        padding == .valid
          || (kernel.height % 2 + outputPadding.height > 0
            && kernel.width % 2 + outputPadding.width > 0),
        "an output padding of at least 1 along axes of an even kernel with the padding same",
        received: "the kernel \(kernel) and the output padding \(outputPadding)")
    }
    let shape = outputShape(of: inputs[0])
    try SizeLimits.require(shape, of: "an output")
    _ = try WindowGeometry(
      input: shape, kernel: kernel, stride: stride, padding: padding, window: "kernel")
    return shape
  }

  private func outputShape(of input: Shape) -> Shape {
    func size(_ n: Int, _ k: Int, _ s: Int, _ e: Int?) -> Int {
      switch padding {
      case .valid: (n - 1) * s + (e.map { k + $0 } ?? max(k, s))
      case .same: e.map { (n - 1) * s + k % 2 + $0 } ?? n * s
      }
    }
    return [
      size(input[0], kernel.height, stride.height, outputPadding?.height),
      size(input[1], kernel.width, stride.width, outputPadding?.width), filters,
    ]
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape: Shape = [kernel.height, kernel.width, filters, inputs[0][2]]
    let kernel = Parameter(
      "kernel", shape: shape, erased: kernelInitializer, regularizer: kernelRegularizer,
      constraint: kernelConstraint)
    let bias = Parameter(
      "bias", shape: [filters], erased: biasInitializer, regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// The passes of the convolution, exchanged: y is its dx, dx its y, and dW its dW, with x and dy
  /// exchanged.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    // Each element of x is multiplied by the kernel of each filter.
    program.operations =
      2 * pass.inputs[0].elementCount * self.kernel.height * self.kernel.width * filters
    let (kernel, bias) = (
      program.parameter("kernel"), usesBias ? program.parameter("bias") : nil
    )
    if activation.isIdentity { program.shiftParameter = bias }
    let epilogue = Epilogue(
      bias: bias, activation: activation, width: filters, in: &program)
    let convolution = Im2col(
      geometry: WindowGeometry(
        checked: pass.output, kernel: self.kernel, stride: stride, padding: padding),
      filters: pass.inputs[0][2])
    let height = pass.inputs[0][0]
    let scratch = program.reserve(
      .scratch, count: convolution.scratchFloats(rows: pass.batch * height))
    program.forward = [
      .samples { context in
        let y = context.output
        convolution.backward(
          y, kernel: context[kernel], outputGradient: context.inputs[0], kernelGradient: nil,
          accumulates: false, inputGradient: y, scratch: context[scratch])
        epilogue.apply(to: y.indices, context)
      }
    ]
    program.backward = [
      .samples { context in
        epilogue.applyGradient(context)
        epilogue.addBiasGradient(context, accumulates: context.accumulates)
        let (x, dz) = (context.inputs[0], context.outputGradient)
        if pass.isTrainable {
          convolution.backward(
            dz, kernel: context[kernel], outputGradient: x,
            kernelGradient: context.gradient(of: kernel), accumulates: context.accumulates,
            inputGradient: nil, scratch: context[scratch])
        }
        guard let dx = context.inputGradients[0] else { return }
        convolution.forward(
          dz, kernel: context[kernel], output: dx, rows: 0..<context.sampleCount * height,
          scratch: context[scratch]
        ) { _ in }
      }
    ]
    return program
  }

  public var trailingActivation: (any ActivationFunction)? { activation }

  public var withoutTrailingActivation: Conv2DTranspose {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }
}
