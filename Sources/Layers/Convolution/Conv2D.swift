public import PinionTensor

/// A two-dimensional convolution: y[n,i,j,o] = f(b[o] + Σ x[n, i·s + k − p, j·s + l − p, c] ·
/// W[k,l,c,o]).
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, F), F the number of filters; H′, W′ as ``Padding``
///   says.
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
  /// The penalty on the kernel. Default: none.
  @ConfiguredIfPresent public var kernelRegularizer: (any Regularizer)?
  /// The penalty on the bias. Default: none.
  @ConfiguredIfPresent public var biasRegularizer: (any Regularizer)?
  /// The projection of the kernel after an update. Default: none.
  @ConfiguredIfPresent public var kernelConstraint: (any Constraint)?
  /// The projection of the bias after an update. Default: none.
  @ConfiguredIfPresent public var biasConstraint: (any Constraint)?
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
    kernelRegularizer: (any Regularizer)? = nil,
    biasRegularizer: (any Regularizer)? = nil, kernelConstraint: (any Constraint)? = nil,
    biasConstraint: (any Constraint)? = nil, name: String? = nil
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
    _kernelRegularizer = ConfiguredIfPresent(wrappedValue: kernelRegularizer)
    _biasRegularizer = ConfiguredIfPresent(wrappedValue: biasRegularizer)
    _kernelConstraint = ConfiguredIfPresent(wrappedValue: kernelConstraint)
    _biasConstraint = ConfiguredIfPresent(wrappedValue: biasConstraint)
    self.name = name
  }

  /// (H, W, C) → (H′, W′, F).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(filters, named: "filters", received: filters)
    try activation.validate()
    let g = try WindowGeometry(
      input: inputs[0], kernel: kernel, stride: stride, padding: padding, window: "kernel")
    if let limitation = algorithm.kernel?.limitation(
      ConvolutionShape(geometry: g, filters: filters))
    {
      throw limitation
    }
    return [g.outputHeight, g.outputWidth, filters]
  }

  /// The kernel, and the bias if there is one.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape: Shape = [kernel.height, kernel.width, inputs[0][2], filters]
    let kernel = Parameter(
      "kernel", shape: shape, erased: kernelInitializer, regularizer: kernelRegularizer,
      constraint: kernelConstraint)
    let bias = Parameter(
      "bias", shape: [filters], erased: biasInitializer, regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// y = f(x ∗ W + b); dz = dy·f′, db = Σ dz, dW = Σ xᵀ ∗ dz, dx = dz ∗ Wᵀ, by the algorithm that
  /// was asked for or, by default, by the fastest for the shape.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    let shape = ConvolutionShape(
      geometry: WindowGeometry(
        checked: pass.inputs[0], kernel: kernel, stride: stride, padding: padding),
      filters: filters)
    let operands = ConvolutionOperands(
      kernel: program.parameter("kernel"),
      epilogue: Epilogue(
        bias: usesBias ? program.parameter("bias") : nil, activation: activation, width: filters,
        in: &program))
    if activation.isIdentity {
      // Padding would not be shifted.
      if !shape.geometry.hasPadding { program.channelShift = .shifts }
      if usesBias { program.shiftParameter = program.parameter("bias") }
    }
    let selected = ConvolutionTable.kernel(algorithm, shape, in: pass)
    if pass.hasConstantParameters {
      // What is prepared must be the same for all sizes of batches.
      let many = pass.with(batch: LayerPass.fewSamples + 1)
      let usual = ConvolutionTable.kernel(algorithm, shape, in: many)
      if type(of: usual) != type(of: selected) {
        usual.addPreparation(of: operands, to: &program)
      }
    }
    selected.addPhases(of: operands, to: &program)
    return program
  }

  /// The activation, which the layer can do without.
  public var trailingActivation: (any ActivationFunction)? { activation }

  /// The convolution and its bias alone.
  public var withoutTrailingActivation: Conv2D {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }
}
