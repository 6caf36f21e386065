internal import CPinionKernels
internal import PinionTensor

/// The elementwise operations after a matrix product or a convolution z: y = f(z + b).
///
/// The bias b has one element for each index of the last axis, (W,). In the backward pass dz =
/// dy·f′ and db = Σ dz over rows.
///
/// An algorithm writes z, and ``apply(to:_:)`` makes y of it. Or it writes z + b, or y and dz if
/// ``slope`` is not nil, with the values under *In kernels*.
struct Epilogue: Sendable {
  /// W: the length of the last axis.
  let width: Int
  let bias: ParameterHandle?
  private let activation: any ActivationFunction
  /// z + b, if the derivative is computed from it.
  private let argument: MemoryHandle<Float>?
  /// The slope of f below zero, if f is linear on both sides of zero: kernels then apply bias and
  /// activation to their output, and f′ to dy.
  let slope: Float?
  let isIdentity: Bool

  /// Reserves the epilogue's memory in a layer's program.
  init(
    bias: ParameterHandle?, activation: any ActivationFunction, width: Int,
    in program: inout LayerProgram
  ) {
    self.width = width
    self.bias = bias
    self.activation = activation
    isIdentity = activation.isIdentity
    let readsOutput = activation.gradientReads == .output
    slope = readsOutput ? activation.slopeBelowZero : nil
    if readsOutput, !activation.isIdentity { program.backwardReads.insert(.output) }
    argument =
      !readsOutput && program.pass.mode == .training
      ? program.reserve(.kept, count: program.pass.output.elementCount) : nil
  }

  // MARK: Separate passes

  /// Replaces z by y in a range of the call's output.
  func apply(to elements: Range<Int>, _ context: LayerContext) {
    let values = context.output[elements]
    if let argument {
      if let bias { addBias(context[bias], to: values) }
      context[argument][elements].copy(from: values)
      activation.apply(to: values, width: width)
    } else if let bias {
      activation.apply(to: values, bias: context[bias])
    } else {
      activation.apply(to: values, width: width)
    }
  }

  /// Replaces dy by dz.
  func applyGradient(_ context: LayerContext) {
    if isIdentity { return }
    activation.applyGradient(
      to: context.outputGradient, values: argument.map { context[$0] } ?? context.output,
      width: width)
  }

  /// db = Σ dz, or db += Σ dz.
  func addBiasGradient(_ context: LayerContext, accumulates: Bool) {
    guard let bias, context.pass.isTrainable else { return }
    let gradient = context.gradient(of: bias)
    if !accumulates { gradient.fill(0) }
    addColumnSums(of: context.outputGradient, to: gradient)
  }

  // MARK: In kernels

  /// b, for a kernel that adds it.
  func biasInKernel(_ context: LayerContext) -> MemoryView<Float>? { bias.map { context[$0] } }

  /// Replaces z + b by y in a range of the call's output, unless the kernel computes y.
  func applyAfterKernel(to elements: Range<Int>, _ context: LayerContext) {
    guard slope == nil else { return }
    let values = context.output[elements]
    if let argument { context[argument][elements].copy(from: values) }
    activation.apply(to: values, width: width)
  }

  /// Whether products in panels compute bias and activation.
  var isInProducts: Bool { slope != nil && BLAS.prefersPanels }

  /// Bias and activation for products in panels; nil unless ``isInProducts``.
  func inProducts(_ context: LayerContext) -> ProductEpilogue? {
    guard isInProducts, let slope else { return nil }
    return ProductEpilogue(bias: biasInKernel(context), slope: slope)
  }

  /// The memory to which a kernel adds Σ dz; zeroed unless `accumulates`.
  func biasGradientInKernel(
    _ context: LayerContext, accumulates: Bool
  ) -> MemoryView<Float>? {
    guard let bias, context.pass.isTrainable else { return nil }
    let gradient = context.gradient(of: bias)
    if !accumulates { gradient.fill(0) }
    return gradient
  }

  /// y, for a kernel that computes dz from dy; nil if they are equal, or dz was computed before.
  func outputInKernel(_ context: LayerContext) -> MemoryView<Float>? {
    isIdentity || slope == nil ? nil : context.output
  }
}

/// Adds the sum over the rows of `rows`, (R, W), to `sums`, (W,).
func addColumnSums(of rows: MemoryView<Float>, to sums: MemoryView<Float>) {
  let width = sums.count
  guard width > 0 else { return }
  require(rows.count % width == 0, "values that are not whole rows")
  pinion_add_column_sums(rows.base, rows.count / width, width, sums.base)
}
