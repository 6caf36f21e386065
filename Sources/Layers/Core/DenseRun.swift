internal import PinionTensor

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
  /// The smallest number of elements of the kernel in a block of columns, and the largest numbers
  /// of blocks of a batch and of few samples, whose blocks take some 10 µs.
  private static let blockElements = 65_536
  private static let maximumBlocks = 16
  private static let maximumBlocksOfFewSamples = 8
  /// The largest number of rows for which blocks of columns of a large kernel are computed, so that
  /// it is read once. Beyond, x does not stay in the L2 cache, and ranks that share the batch would
  /// all compute much.
  private static let mostRowsOfBlocks = 128
  /// The largest panel that stays in the L2 cache while rows are multiplied by it: 256 KiB.
  private static let largestPanel = 65_536
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
  /// The number of blocks of columns that threads compute; 1 if they compute samples instead.
  let columnBlocks: Int
  /// W and Wᵀ as ``ConstantMatrix`` stores them, if it does not leave them to OpenBLAS.
  private let stored: StoredMatrix?
  private let storedTranspose: MemoryHandle<Float>?
  /// Memory for a panel of W or Wᵀ, if they are packed in the products instead: a step reads each
  /// once, and storing them before it takes longer than the products' own reading.
  private let panel: MemoryHandle<Float>?

  init(
    kernel: ParameterHandle, epilogue: Epilogue, width: Int, units: Int, batch: Int,
    in program: inout LayerProgram
  ) {
    self.kernel = kernel
    self.epilogue = epilogue
    self.width = width
    self.units = units
    let pass = program.pass
    let rows = batch * pass.output.elementCount / units
    let isLarge = width * units >= Self.largeKernel
    let readsOnce = isLarge && rows <= Self.mostRowsOfBlocks && BLAS.prefersPanels
    let most =
      pass.dividesSamples
      ? Self.maximumBlocksOfFewSamples : readsOnce ? Self.maximumBlocks : 1
    columnBlocks = max(1, min(most, width * units / Self.blockElements))
    minimumSamples =
      isLarge && !readsOnce
      ? max(Self.fewestSamples, min(Self.fewestSamplesOfLargeKernel, batch / Self.minimumLanes))
      : Self.fewestSamples
    let matrix = ConstantMatrix(rows: width, columns: units)
    let floats = max(matrix.panelFloats, ConstantMatrix(rows: units, columns: width).panelFloats)
    if readsOnce, pass.mode == .training, floats <= Self.largestPanel {
      panel = program.reserve(.scratch, count: floats)
      (stored, storedTranspose) = (nil, nil)
    } else {
      panel = nil
      (stored, storedTranspose) = matrix.reserve(for: kernel, in: &program)
    }
  }

  private var matrix: ConstantMatrix { ConstantMatrix(rows: width, columns: units) }
  private var transposedMatrix: ConstantMatrix { ConstantMatrix(rows: units, columns: width) }

  /// The columns of y in a block.
  func columns(_ block: Int) -> Range<Int> { matrix.columns(block, of: columnBlocks) }

  /// The columns of dx in a block.
  func inputColumns(_ block: Int) -> Range<Int> {
    transposedMatrix.columns(block, of: columnBlocks)
  }

  /// Whether products compute y, not z.
  var finishesInProducts: Bool { (stored != nil || panel != nil) && epilogue.isInProducts }

  /// Columns of z = x·W, or of y.
  func forward(_ context: LayerContext, columns: Range<Int>) {
    let (x, y) = (context.inputs[0], context.output)
    let rows = y.count / units
    let finish = finishesInProducts ? epilogue.inProducts(context) : nil
    if let stored {
      return matrix.multiply(
        x.base, count: rows, by: context[stored].base, into: y.base, columns: columns,
        finish: finish)
    }
    if let panel {
      return matrix.multiply(
        x.base, count: rows, packing: context[kernel].base, isTransposed: false,
        scratch: context[panel].base, into: y.base, columns: columns, finish: finish)
    }
    BLAS.gemm(
      m: rows, n: columns.count, k: width, a: x.base, lda: width,
      b: context[kernel].base + columns.lowerBound, ldb: units, c: y.base + columns.lowerBound,
      ldc: units)
  }

  /// Columns of dx = dz·Wᵀ.
  func backwardInputs(_ context: LayerContext, columns: Range<Int>) {
    guard let dx = context.inputGradients[0] else { return }
    let (dz, kernel) = (context.outputGradient, context[kernel])
    let rows = dz.count / units
    if let storedTranspose {
      return transposedMatrix.multiply(
        dz.base, count: rows, by: context[storedTranspose].base, into: dx.base, columns: columns)
    }
    if let panel {
      return transposedMatrix.multiply(
        dz.base, count: rows, packing: kernel.base, isTransposed: true,
        scratch: context[panel].base, into: dx.base, columns: columns)
    }
    BLAS.gemm(
      .no, .yes, m: rows, n: columns.count, k: units, a: dz.base, lda: units,
      b: kernel.base + columns.lowerBound * units, ldb: units, c: dx.base + columns.lowerBound,
      ldc: width)
  }

  /// A piece of dW = xᵀ·dz; the first piece also computes db.
  func backwardParameters(_ context: LayerContext, pieces: Int) {
    let (x, dz, gradient) = (
      context.inputs[0], context.outputGradient, context.gradient(of: kernel)
    )
    let rows = context.piece * width / pieces..<(context.piece + 1) * width / pieces
    TransposedProduct(
      m: rows.count, n: units, k: dz.count / units, a: x.base + rows.lowerBound, lda: width,
      b: dz.base, ldb: units, adds: false
    )
    .write(to: gradient.base + rows.lowerBound * units)
    if context.piece == 0 { epilogue.addBiasGradient(context, accumulates: false) }
  }

  /// The number of pieces of the kernel's gradient, summed over `rows` rows.
  func gradientPieces(rows: Int) -> Int {
    let byWork = width * units * rows / Self.pieceProducts
    return max(1, min(Self.maximumPieces, byWork, width / Self.minimumPieceRows))
  }
}
