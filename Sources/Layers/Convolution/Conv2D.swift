public import PinionTensor

/// A two-dimensional convolution with a bias b and an activation f.
///
///     y[n,i,j,o] = f(b[o] + Σ over k, l, c of x[n, i·s + k·d − p, j·s + l·d − p, c] · W[k,l,c,o])
///
/// with stride s, dilation d, and p rows or columns of zeros before the image.
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, F) with F filters; see ``Padding`` for H′ and W′.
/// - Parameters: `kernel` (kernel height, kernel width, C, F), `bias` (F,).
///
/// In G groups, the g-th part of the filters is computed from the g-th part of the channels, and
/// the kernel is (kernel height, kernel width, C / G, F).
///
/// ```swift
/// Conv2D(32, kernel: 3, padding: .same, activation: .relu)
/// ```
/// gives (N, 28, 28, 32) for (N, 28, 28, 1), with a kernel (3, 3, 1, 32) and a bias (32,).
///
/// As Keras 3's `Conv2D` with channels last.
public struct Conv2D: Layer {
  /// The number of output channels, F.
  public var filters: Int
  /// The height and width of the kernel.
  public var kernel: Size2D
  /// s. Default: 1.
  public var stride: Size2D
  /// Default: none.
  public var padding: Padding
  /// d, the distance between the pixels of a window. Default: 1. Other values require a stride of
  /// 1.
  public var dilation: Size2D
  /// G, which divides the channels and the filters. Default: 1.
  public var groups: Int
  /// f. Default: the identity.
  @Configured public var activation: any ActivationFunction
  /// Whether to add a bias. Default: true.
  public var usesBias: Bool
  /// The initial values of the kernel. Default: Glorot uniform.
  @Configured public var kernelInitializer: any Initializer
  /// The initial values of the bias. Default: zeros.
  @Configured public var biasInitializer: any Initializer
  /// Default: the fastest for the shape.
  public var algorithm: ConvolutionAlgorithm
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
    dilation: Size2D = 1, groups: Int = 1, activation: some ActivationFunction = .linear,
    usesBias: Bool = true, kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, algorithm: ConvolutionAlgorithm = .automatic,
    kernelRegularizer: (any Regularizer)? = nil, biasRegularizer: (any Regularizer)? = nil,
    activityRegularizer: (any Regularizer)? = nil,
    kernelConstraint: (any Constraint)? = nil, biasConstraint: (any Constraint)? = nil,
    name: String? = nil
  ) {
    self.filters = filters
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
    _activation = Configured(wrappedValue: activation)
    self.usesBias = usesBias
    _kernelInitializer = Configured(wrappedValue: kernelInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    self.algorithm = algorithm
    _kernelRegularizer = ConfiguredIfPresent(wrappedValue: kernelRegularizer)
    _biasRegularizer = ConfiguredIfPresent(wrappedValue: biasRegularizer)
    _activityRegularizer = ConfiguredIfPresent(wrappedValue: activityRegularizer)
    _kernelConstraint = ConfiguredIfPresent(wrappedValue: kernelConstraint)
    _biasConstraint = ConfiguredIfPresent(wrappedValue: biasConstraint)
    self.name = name
  }

  /// (H, W, C) → (H′, W′, F).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(filters, named: "filters", received: filters)
    try activation.validate()
    let g = try WindowGeometry(
      input: inputs[0], kernel: kernel, stride: stride, dilation: dilation, padding: padding,
      window: "kernel")
    try LayerError.require(
      groups > 0 && g.channels % groups == 0 && filters % groups == 0,
      "a number of groups that divides the \(g.channels) channels of the input and the "
        + "\(filters) filters", received: "\(groups)")
    if let limitation = algorithm.implementation?.limitation(shape(on: inputs[0])) {
      throw limitation
    }
    return [g.outputHeight, g.outputWidth, filters]
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let shape: Shape = [kernel.height, kernel.width, inputs[0][2] / groups, filters]
    let kernel = Parameter(
      "kernel", shape: shape, erased: kernelInitializer, regularizer: kernelRegularizer,
      constraint: kernelConstraint)
    let bias = Parameter(
      "bias", shape: [filters], erased: biasInitializer, regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// z = x ∗ W, y = f(z + b); dz = dy·f′, db = Σ dz, dW = Σ xᵀ ∗ dz, dx = dz ∗ Wᵀ.
  ///
  /// `ConvolutionTable` selects a `ConvolutionImplementation`, which computes z, dW and dx.
  /// `Epilogue` is the rest, the same for all algorithms: y from z, dz from dy, and db.
  ///
  /// `NaiveConvolution` is the definition as plain loops. `Im2col` computes every shape by matrix
  /// products; the other algorithms are faster for some.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    let kernel = program.parameter("kernel")
    let epilogue = Epilogue(
      bias: usesBias ? program.parameter("bias") : nil, activation: activation, width: filters,
      in: &program)
    ConvolutionTable.addPhases(
      of: ConvolutionOperands(kernel: kernel, epilogue: epilogue), shape(on: pass.inputs[0]),
      algorithm, to: &program)
    return program
  }

  /// The convolution of an input whose shape was checked.
  func shape(on input: Shape) -> ConvolutionShape {
    ConvolutionShape(
      geometry: WindowGeometry(
        checked: input, kernel: kernel, stride: stride, dilation: dilation, padding: padding),
      filters: filters, groups: groups)
  }

  public var trailingActivation: (any ActivationFunction)? { activation }

  public var withoutTrailingActivation: Conv2D {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }
}

extension Conv2D: FoldingLayer {}

extension Conv2D {
  /// Configurations of earlier versions have neither dilation nor groups.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    filters = try container.decode(Int.self, forKey: .filters)
    kernel = try container.decode(Size2D.self, forKey: .kernel)
    stride = try container.decode(Size2D.self, forKey: .stride)
    padding = try container.decode(Padding.self, forKey: .padding)
    dilation = try container.decodeIfPresent(Size2D.self, forKey: .dilation) ?? 1
    groups = try container.decodeIfPresent(Int.self, forKey: .groups) ?? 1
    _activation = try container.decode(
      Configured<any ActivationFunction>.self, forKey: .activation)
    usesBias = try container.decode(Bool.self, forKey: .usesBias)
    _kernelInitializer = try container.decode(
      Configured<any Initializer>.self, forKey: .kernelInitializer)
    _biasInitializer = try container.decode(
      Configured<any Initializer>.self, forKey: .biasInitializer)
    algorithm = try container.decode(ConvolutionAlgorithm.self, forKey: .algorithm)
    _kernelRegularizer = try container.decode(
      ConfiguredIfPresent<any Regularizer>.self, forKey: .kernelRegularizer)
    _biasRegularizer = try container.decode(
      ConfiguredIfPresent<any Regularizer>.self, forKey: .biasRegularizer)
    _activityRegularizer = try container.decode(
      ConfiguredIfPresent<any Regularizer>.self, forKey: .activityRegularizer)
    _kernelConstraint = try container.decode(
      ConfiguredIfPresent<any Constraint>.self, forKey: .kernelConstraint)
    _biasConstraint = try container.decode(
      ConfiguredIfPresent<any Constraint>.self, forKey: .biasConstraint)
    name = try container.decodeIfPresent(String.self, forKey: .name)
  }
}
