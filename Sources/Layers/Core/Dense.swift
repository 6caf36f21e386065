public import PinionTensor

/// A fully connected layer: y = f(x·W + b) along the last axis.
///
/// - Input: (N, …, I). Output: (N, …, U), U the number of units.
/// - Parameters: `kernel` (I, U), `bias` (U,).
///
/// As Keras 3's `Dense`.
public struct Dense: Layer {
  /// The number of outputs, U.
  public var units: Int
  /// f. Default: none.
  @Configured public var activation: any ActivationFunction
  /// Whether there is a b. Default: yes.
  public var usesBias: Bool
  /// The first values of the kernel. Default: Glorot uniform.
  @Configured public var kernelInitializer: any Initializer
  /// The first values of the bias. Default: zeros.
  @Configured public var biasInitializer: any Initializer
  /// The layer's name, or nil for one made from its type.
  public var name: String?
  /// The same for all copies of the value.
  public private(set) var identity = LayerIdentity()

  /// A fully connected layer of `units` outputs.
  public init(
    _ units: Int, activation: some ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, name: String? = nil
  ) {
    self.units = units
    _activation = Configured(wrappedValue: activation)
    self.usesBias = usesBias
    _kernelInitializer = Configured(wrappedValue: kernelInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    self.name = name
  }

  /// (…, I) → (…, U).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(units, named: "units", received: units)
    try activation.validate()
    guard let last = inputs[0].last, last > 0 else {
      throw LayerError("an input with at least one axis", received: "the shape \(inputs[0])")
    }
    return Shape(inputs[0].dropLast() + [units])
  }

  /// The kernel, and the bias if there is one.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let inputWidth = inputs[0][inputs[0].rank - 1]
    let kernel = Parameter("kernel", shape: [inputWidth, units], erased: kernelInitializer)
    let bias = Parameter("bias", shape: [units], erased: biasInitializer)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// Rows of several images make a matrix product worth its while; the kernel's gradient takes all images at once, cut by
  /// its own rows, so that nothing is summed across threads.
  public func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.forward = [.images(minimum: DenseCut.images)]
    execution.backward = [
      .images(minimum: DenseCut.images),
      .pieces(DenseCut.pieces(pass: pass, units: units), isDeferrable: true),
    ]
    execution.backwardReadsOutput = !activation.isIdentity && activation.gradientReads == .output
    execution.setsGradients = true
    if activation.isIdentity {
      execution.channelShift = .shifts
      execution.shiftParameter = usesBias ? 1 : nil
    }
    if activation.gradientReads == .input {
      execution.keptBytes = pass.output.elementCount * MemoryLayout<Float>.stride
    }
    return execution
  }

  /// The activation, which the layer can do without.
  public var trailingActivation: (any ActivationFunction)? { activation }

  /// x·W + b.
  public var withoutTrailingActivation: Dense {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }

  /// y = f(x·W + b).
  public func forward(_ context: LayerContext) {
    let (x, y, kernel) = (context.inputs[0], context.output, context.parameters[0])
    let width = kernel.count / units
    let rows = y.count / units
    let blocks = DenseCut.blocks(rows: rows, width: width, units: units)
    for block in 0..<blocks {
      let part = BatchCut.part(block, of: blocks, in: 0..<width)
      BLAS.gemm(
        m: rows, n: units, k: part.count, a: x.base + part.lowerBound, lda: width,
        b: kernel.base + part.lowerBound * units, ldb: units, beta: block == 0 ? 0 : 1, c: y.base,
        ldc: units)
    }
    finish(
      y, bias: usesBias ? context.parameters[1] : nil, activation: activation, width: units,
      context: context)
  }

  /// dz = dy·f′, dx = dz·Wᵀ; then dW = xᵀ·dz and db = Σ dz in pieces of the kernel's rows.
  public func backward(_ context: LayerContext) {
    if context.phase == 0 {
      backwardInputs(context)
    } else {
      backwardParameters(context)
    }
  }

  private func backwardInputs(_ context: LayerContext) {
    let dz = context.outputGradient
    applyActivationGradient(activation, context: context, width: units)
    guard let dx = context.inputGradients[0] else { return }
    let kernel = context.parameters[0]
    let width = kernel.count / units
    BLAS.gemm(
      .no, .yes, m: dz.count / units, n: width, k: units, a: dz.base, lda: units, b: kernel.base,
      ldb: units, c: dx.base, ldc: width)
  }

  private func backwardParameters(_ context: LayerContext) {
    let (x, dz, gradient) = (context.inputs[0], context.outputGradient, context.gradients[0])
    let width = gradient.count / units
    let count = DenseCut.pieces(width: width, rows: dz.count / units, units: units)
    let rows = context.piece * width / count..<(context.piece + 1) * width / count
    BLAS.gemm(
      .yes, .no, m: rows.count, n: units, k: dz.count / units, a: x.base + rows.lowerBound,
      lda: width, b: dz.base, ldb: units, c: gradient.base + rows.lowerBound * units, ldc: units)
    guard usesBias, context.piece == 0 else { return }
    context.gradients[1].fill(0)
    addColumnSums(of: dz, to: context.gradients[1])
  }
}

/// How the work of dense layers is cut; constants, so that results do not depend on the machine.
enum DenseCut {
  /// Images a call from which a product runs near its full speed; few enough for a batch of 100 to make as many lanes as in other
  /// layers, so that the whole step of a chain without barriers is one region.
  static let images = 6
  /// Multiplications that make a piece of the kernel's gradient worth a thread's while: some 10 µs.
  static let work = 500_000
  /// Rows of the kernel that a piece has at least.
  static let rows = 16
  /// The most pieces.
  static let most = 16

  /// The fewest values of a row in a block.
  static let blockValues = 64

  /// The number of blocks that rows of `width` values are cut in, so that OpenBLAS need not pack them; 1 if the blocks were too narrow.
  static func blocks(rows: Int, width: Int, units: Int) -> Int {
    let most = BLAS.unpackedProduct / max(1, rows * units)
    return most >= blockValues ? (width + most - 1) / most : 1
  }

  /// The number of pieces of a kernel gradient of `width` rows, summed over `rows` rows of images.
  static func pieces(width: Int, rows: Int, units: Int) -> Int {
    let byWork = width * units * rows / work
    return max(1, min(most, byWork, width / Self.rows))
  }

  static func pieces(pass: LayerPass, units: Int) -> Int {
    let width = pass.inputs[0][pass.inputs[0].rank - 1]
    return pieces(width: width, rows: pass.batch * pass.output.elementCount / units, units: units)
  }
}
