public import PinionTensor

/// A depthwise convolution, with separate kernels for each channel: y[n,i,j,c·m + k] = f(b[c·m + k]
/// + Σ x[n, i·s + u·d − p, j·s + v·d − p, c] · W[u,v,c,k]), summed over u and v.
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, C·m), m the depth multiplier; see ``Padding`` for H′
///   and W′.
/// - Parameters: `kernel` (kernel height, kernel width, C, m), `bias` (C·m,).
///
/// As Keras 3's `DepthwiseConv2D` with channels last.
public struct DepthwiseConv2D: Layer {
  /// The height and width of the kernel.
  public var kernel: Size2D
  /// s. Default: 1.
  public var stride: Size2D
  /// Default: none.
  public var padding: Padding
  /// m: the number of output channels for each input channel. Default: 1.
  public var depthMultiplier: Int
  /// d, the distance between the pixels of a window. Default: 1. Other values require a stride of
  /// 1.
  public var dilation: Size2D
  /// f. Default: the identity.
  @Configured public var activation: any ActivationFunction
  /// Whether to add a bias. Default: true.
  public var usesBias: Bool
  /// The initial values of the kernel. Default: Glorot uniform, with fan-in kernel height · kernel
  /// width · C and fan-out kernel height · kernel width · m.
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
    kernel: Size2D, stride: Size2D = 1, padding: Padding = .valid, depthMultiplier: Int = 1,
    dilation: Size2D = 1, activation: some ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
    biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
    kernelConstraint: (any Constraint)? = nil,
    biasConstraint: (any Constraint)? = nil, name: String? = nil
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.depthMultiplier = depthMultiplier
    self.dilation = dilation
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

  /// (H, W, C) → (H′, W′, C·m).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try activation.validate()
    let g = try WindowGeometry(
      input: inputs[0], kernel: kernel, stride: stride, dilation: dilation, padding: padding,
      window: "kernel")
    try SizeLimits.require(depthMultiplier, named: "depth multiplier", received: depthMultiplier)
    let filters = g.channels * depthMultiplier
    try SizeLimits.require(filters, named: "output channels", received: filters)
    return [g.outputHeight, g.outputWidth, filters]
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let channels = inputs[0][2]
    let shape: Shape = [kernel.height, kernel.width, channels, depthMultiplier]
    let kernel = Parameter(
      "kernel", shape: shape, erased: kernelInitializer, regularizer: kernelRegularizer,
      constraint: kernelConstraint)
    let bias = Parameter(
      "bias", shape: [channels * depthMultiplier], erased: biasInitializer,
      regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// A convolution with as many groups as channels; the kernel has the same layout.
  public func program(for pass: LayerPass) -> LayerProgram {
    let channels = pass.inputs[0][2]
    let shape = ConvolutionShape(
      geometry: WindowGeometry(
        checked: pass.inputs[0], kernel: kernel, stride: stride, dilation: dilation,
        padding: padding),
      filters: channels * depthMultiplier, groups: channels)
    var program = LayerProgram(pass)
    let kernel = program.parameter("kernel")
    let epilogue = Epilogue(
      bias: usesBias ? program.parameter("bias") : nil, activation: activation,
      width: shape.filters, in: &program)
    ConvolutionTable.addPhases(
      of: ConvolutionOperands(kernel: kernel, epilogue: epilogue), shape, .automatic, to: &program)
    return program
  }

  public var trailingActivation: (any ActivationFunction)? { activation }

  public var withoutTrailingActivation: DepthwiseConv2D {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }
}

extension DepthwiseConv2D: FoldingLayer {}
