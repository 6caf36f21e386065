public import PinionTensor

/// A depthwise convolution and a 1 × 1 convolution of its outputs: y = f((x ∗ D) ∗ P + b), where
/// x ∗ D is as ``DepthwiseConv2D`` computes it.
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, F), F the number of filters; see ``Padding`` for H′
///   and W′.
/// - Parameters: `depthwise_kernel` (kernel height, kernel width, C, m), m the depth multiplier;
///   `pointwise_kernel` (1, 1, C·m, F), `bias` (F,).
///
/// As Keras 3's `SeparableConv2D` with channels last.
public struct SeparableConv2D: Layer {
  /// The number of output channels, F.
  public var filters: Int
  /// The height and width of the depthwise kernel.
  public var kernel: Size2D
  /// Default: 1.
  public var stride: Size2D
  /// Default: none.
  public var padding: Padding
  /// m: the number of channels between both convolutions for each input channel. Default: 1.
  public var depthMultiplier: Int
  /// The distance between the pixels of a window. Default: 1. Other values require a stride of 1.
  public var dilation: Size2D
  /// f. Default: the identity.
  @Configured public var activation: any ActivationFunction
  /// Whether to add a bias. Default: true.
  public var usesBias: Bool
  /// The initial values of D. Default: Glorot uniform.
  @Configured public var depthwiseInitializer: any Initializer
  /// The initial values of P. Default: Glorot uniform.
  @Configured public var pointwiseInitializer: any Initializer
  /// The initial values of the bias. Default: zeros.
  @Configured public var biasInitializer: any Initializer
  /// The penalty on the depthwise kernel D. Default: none.
  @ConfiguredIfPresent public var depthwiseRegularizer: (any Regularizer)?
  /// The penalty on the pointwise kernel P. Default: none.
  @ConfiguredIfPresent public var pointwiseRegularizer: (any Regularizer)?
  /// The penalty on the bias. Default: none.
  @ConfiguredIfPresent public var biasRegularizer: (any Regularizer)?
  /// The penalty on the output; see ``Layer/activityRegularizer``. Default: none.
  @ConfiguredIfPresent public var activityRegularizer: (any Regularizer)?
  /// The projection of the depthwise kernel D after an update. Default: none.
  @ConfiguredIfPresent public var depthwiseConstraint: (any Constraint)?
  /// The projection of the pointwise kernel P after an update. Default: none.
  @ConfiguredIfPresent public var pointwiseConstraint: (any Constraint)?
  /// The projection of the bias after an update. Default: none.
  @ConfiguredIfPresent public var biasConstraint: (any Constraint)?
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    _ filters: Int, kernel: Size2D, stride: Size2D = 1, padding: Padding = .valid,
    depthMultiplier: Int = 1, dilation: Size2D = 1,
    activation: some ActivationFunction = .linear, usesBias: Bool = true,
    depthwiseInitializer: some Initializer = .glorotUniform,
    pointwiseInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, depthwiseRegularizer: (any Regularizer)? = nil,
    pointwiseRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
    activityRegularizer: (any Regularizer)? = nil,
    depthwiseConstraint: (any Constraint)? = nil, pointwiseConstraint: (any Constraint)? = nil,
    biasConstraint: (any Constraint)? = nil, name: String? = nil
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.depthMultiplier = depthMultiplier
    self.dilation = dilation
    _activation = Configured(wrappedValue: activation)
    self.usesBias = usesBias
    _depthwiseInitializer = Configured(wrappedValue: depthwiseInitializer)
    _pointwiseInitializer = Configured(wrappedValue: pointwiseInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    self.depthwiseRegularizer = depthwiseRegularizer
    self.pointwiseRegularizer = pointwiseRegularizer
    self.biasRegularizer = biasRegularizer
    self.activityRegularizer = activityRegularizer
    self.depthwiseConstraint = depthwiseConstraint
    self.pointwiseConstraint = pointwiseConstraint
    self.biasConstraint = biasConstraint
    self.name = name
  }

  /// (H, W, C) → (H′, W′, F).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(filters, named: "filters", received: filters)
    try activation.validate()
    let middle = try depthwise.outputShape(for: inputs)
    try SizeLimits.require(middle, of: "a depthwise output")
    return [middle[0], middle[1], filters]
  }

  /// Both kernels, and the bias if there is one.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let channels = inputs[0][2]
    let kernels = [
      Parameter(
        "depthwise_kernel", shape: [kernel.height, kernel.width, channels, depthMultiplier],
        erased: depthwiseInitializer, role: .kernel, regularizer: depthwiseRegularizer,
        constraint: depthwiseConstraint),
      Parameter(
        "pointwise_kernel", shape: [1, 1, channels * depthMultiplier, filters],
        erased: pointwiseInitializer, role: .kernel, regularizer: pointwiseRegularizer,
        constraint: pointwiseConstraint),
    ]
    let bias = Parameter(
      "bias", shape: [filters], erased: biasInitializer, regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? kernels + [bias] : kernels
  }

  /// z = x ∗ D, y = f(z ∗ P + b), and the gradients of both in reverse order, sample by sample.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    let run = SeparableConvolution(
      depthwise: DepthwiseConvolution(
        geometry: WindowGeometry(
          checked: pass.inputs[0], kernel: kernel, stride: stride, dilation: dilation,
          padding: padding),
        multiplier: depthMultiplier),
      filters: filters)
    let bias = usesBias ? program.parameter("bias") : nil
    if activation.isIdentity { program.shiftParameter = bias }
    run.addPhases(
      depthwiseKernel: program.parameter("depthwise_kernel"),
      pointwiseKernel: program.parameter("pointwise_kernel"),
      epilogue: Epilogue(bias: bias, activation: activation, width: filters, in: &program),
      to: &program)
    return program
  }

  public var trailingActivation: (any ActivationFunction)? { activation }

  /// Both convolutions and the bias alone.
  public var withoutTrailingActivation: SeparableConv2D {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }

  private var depthwise: DepthwiseConv2D {
    DepthwiseConv2D(
      kernel: kernel, stride: stride, padding: padding, depthMultiplier: depthMultiplier,
      dilation: dilation)
  }
}

extension SeparableConv2D: FoldingLayer {
  package var foldingParameter: String { "pointwise_kernel" }
}
