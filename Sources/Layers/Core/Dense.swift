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
  /// f. Default: the identity.
  @Configured public var activation: any ActivationFunction
  /// Whether to add a bias. Default: true.
  public var usesBias: Bool
  /// The initial values of the kernel. Default: Glorot uniform.
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
    _ units: Int, activation: some ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
    biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
    kernelConstraint: (any Constraint)? = nil,
    biasConstraint: (any Constraint)? = nil, name: String? = nil
  ) {
    self.units = units
    _activation = Configured(wrappedValue: activation)
    self.usesBias = usesBias
    _kernelInitializer = Configured(wrappedValue: kernelInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    _kernelRegularizer = ConfiguredIfPresent(wrappedValue: kernelRegularizer)
    _biasRegularizer = ConfiguredIfPresent(wrappedValue: biasRegularizer)
    _activityRegularizer = ConfiguredIfPresent(wrappedValue: activityRegularizer)
    _kernelConstraint = ConfiguredIfPresent(wrappedValue: kernelConstraint)
    _biasConstraint = ConfiguredIfPresent(wrappedValue: biasConstraint)
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

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let inputWidth = inputs[0][inputs[0].rank - 1]
    let kernel = Parameter(
      "kernel", shape: [inputWidth, units], erased: kernelInitializer,
      regularizer: kernelRegularizer, constraint: kernelConstraint)
    let bias = Parameter(
      "bias", shape: [units], erased: biasInitializer, regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// y = f(x·W + b); dz = dy·f′, dx = dz·Wᵀ, then dW = xᵀ·dz and db = Σ dz.
  ///
  /// The gradient of the kernel is a product over the whole batch, in pieces of the kernel's rows.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    if activation.isIdentity {
      program.channelShift = .shifts
      if usesBias { program.shiftParameter = program.parameter("bias") }
    }
    program.operations = 2 * pass.output.elementCount * (pass.inputs[0].last ?? 1)
    let run = DenseRun(
      kernel: program.parameter("kernel"),
      epilogue: Epilogue(
        bias: usesBias ? program.parameter("bias") : nil, activation: activation, width: units,
        in: &program),
      width: pass.inputs[0].last ?? 1, units: units, batch: pass.batch, in: &program)
    let blocks = run.columnBlocks
    if pass.dividesSamples, blocks > 1 {
      program.forward = [
        .pieces(blocks) { run.forward($0, columns: run.columns($0.piece)) },
        .pieces(1) { run.epilogue.apply(to: $0.output.indices, $0) },
      ]
    } else {
      program.forward = [
        .samples(minimum: run.minimumSamples) { context in
          run.forward(context, columns: 0..<units)
          run.epilogue.apply(to: context.output.indices, context)
        }
      ]
    }
    program.backward = [.samples(minimum: run.minimumSamples) { run.backwardInputs($0) }]
    if pass.isTrainable {
      let rows = pass.batch * pass.output.elementCount / units
      let pieces = run.gradientPieces(rows: rows)
      program.backward.append(
        .pieces(pieces, isDeferrable: true, reading: [.inputs, .outputGradient]) {
          run.backwardParameters($0, pieces: pieces)
        })
    }
    return program
  }

  public var trailingActivation: (any ActivationFunction)? { activation }

  public var withoutTrailingActivation: Dense {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }
}

extension Dense: FoldingLayer {}

/// The passes of a dense layer for a call with R rows, x (R, I) → y (R, U).
struct DenseRun: Sendable {
  /// The smallest number of samples at which a product runs near full speed. Small enough for a
  /// batch of 100 to have as many lanes as in other layers, so that a chain without barriers is one
  /// region.
  private static let fewestSamples = 6
  /// The same with a large kernel, which each call reads from beyond the L2 cache.
  private static let fewestSamplesOfLargeKernel = 24
  /// The smallest number of elements of a large kernel: 1 MiB.
  private static let largeKernel = 262_144
  /// The smallest number of lanes with a large kernel, so that all threads have work.
  private static let minimumLanes = 4
  /// The smallest number of elements of the kernel in a block of columns of few samples.
  private static let blockElements = 65_536
  private static let maximumBlocks = 8
  /// The smallest number of multiplications in a piece of the kernel's gradient: about 10 µs.
  private static let pieceProducts = 500_000
  /// The smallest number of rows of the kernel in a piece.
  private static let minimumPieceRows = 16
  private static let maximumPieces = 16

  let kernel: ParameterHandle
  let epilogue: Epilogue
  /// I.
  let width: Int
  /// U.
  let units: Int
  /// The smallest number of samples of a call, and of a lane.
  let minimumSamples: Int
  /// W and Wᵀ as ``ConstantMatrix`` stores them, if it does not leave them to OpenBLAS.
  private let stored, storedTranspose: MemoryHandle<Float>?

  init(
    kernel: ParameterHandle, epilogue: Epilogue, width: Int, units: Int, batch: Int,
    in program: inout LayerProgram
  ) {
    self.kernel = kernel
    self.epilogue = epilogue
    self.width = width
    self.units = units
    minimumSamples =
      width * units < Self.largeKernel
      ? Self.fewestSamples
      : max(
        Self.fewestSamples, min(Self.fewestSamplesOfLargeKernel, batch / Self.minimumLanes))
    (stored, storedTranspose) = ConstantMatrix(rows: width, columns: units)
      .reserve(for: kernel, in: &program)
  }

  private var matrix: ConstantMatrix { ConstantMatrix(rows: width, columns: units) }
  private var transposedMatrix: ConstantMatrix { ConstantMatrix(rows: units, columns: width) }

  /// The number of blocks of columns that threads compute for few samples.
  var columnBlocks: Int {
    max(1, min(Self.maximumBlocks, width * units / Self.blockElements))
  }

  /// The columns of a block.
  func columns(_ block: Int) -> Range<Int> { matrix.columns(block, of: columnBlocks) }

  /// Columns of z = x·W.
  func forward(_ context: LayerContext, columns: Range<Int>) {
    let (x, y) = (context.inputs[0], context.output)
    let rows = y.count / units
    if let stored {
      return matrix.multiply(
        x.base, count: rows, by: context[stored].base, into: y.base, columns: columns)
    }
    BLAS.gemm(
      m: rows, n: columns.count, k: width, a: x.base, lda: width,
      b: context[kernel].base + columns.lowerBound, ldb: units, c: y.base + columns.lowerBound,
      ldc: units)
  }

  /// dz = dy·f′, in place of dy, then dx = dz·Wᵀ.
  func backwardInputs(_ context: LayerContext) {
    epilogue.applyGradient(context)
    guard let dx = context.inputGradients[0] else { return }
    let (dz, kernel) = (context.outputGradient, context[kernel])
    if let storedTranspose {
      return transposedMatrix.multiply(
        dz.base, count: dz.count / units, by: context[storedTranspose].base, into: dx.base)
    }
    BLAS.gemm(
      .no, .yes, m: dz.count / units, n: width, k: units, a: dz.base, lda: units, b: kernel.base,
      ldb: units, c: dx.base, ldc: width)
  }

  /// A piece of dW = xᵀ·dz; the first piece also computes db.
  func backwardParameters(_ context: LayerContext, pieces: Int) {
    let (x, dz, gradient) = (
      context.inputs[0], context.outputGradient, context.gradient(of: kernel)
    )
    let rows = context.piece * width / pieces..<(context.piece + 1) * width / pieces
    BLAS.gemm(
      .yes, .no, m: rows.count, n: units, k: dz.count / units, a: x.base + rows.lowerBound,
      lda: width, b: dz.base, ldb: units, c: gradient.base + rows.lowerBound * units, ldc: units)
    if context.piece == 0 { epilogue.addBiasGradient(context, accumulates: false) }
  }

  /// The number of pieces of the kernel's gradient, summed over `rows` rows.
  func gradientPieces(rows: Int) -> Int {
    let byWork = width * units * rows / Self.pieceProducts
    return max(1, min(Self.maximumPieces, byWork, width / Self.minimumPieceRows))
  }
}
