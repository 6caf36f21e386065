internal import CPinionKernels
internal import PinionTensor

/// The arithmetic of a convolution by ``ConvolutionAlgorithm/im2col`` or ``ConvolutionAlgorithm/direct`` on whole images (n, H, W, C), without bias and activation.
struct Convolution {
  let geometry: WindowGeometry
  let filters: Int
  let algorithm: ConvolutionAlgorithm

  /// Writes the given output rows, counted through the images; `finish` gets each block of them while it is in cache.
  func forward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, output: MemoryView<Float>,
    rows: Range<Int>, scratch: MemoryView<Float>, finish: (Range<Int>) -> Void
  ) {
    guard algorithm != .direct else {
      NaiveConvolution(geometry: geometry, filters: filters)
        .forward(x.base, kernel: kernel.base, output: output.base, rows: rows)
      return finish(rows)
    }
    let (g, k) = (geometry, geometry.windowSize)
    ConvolutionCut.forEachBlock(of: rows, g, filters: filters) { block in
      let columns = columns(of: x, block: block, scratch: scratch)
      BLAS.gemm(
        m: block.count * g.outputWidth, n: filters, k: k, a: columns.base, lda: k, b: kernel.base,
        ldb: filters, c: output.base + block.lowerBound * g.outputWidth * filters, ldc: filters)
      finish(block)
    }
  }

  /// Writes or adds to the kernel's gradient, and writes the input's if asked for.
  func backward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, outputGradient: MemoryView<Float>,
    kernelGradient: MemoryView<Float>, accumulates: Bool, inputGradient: MemoryView<Float>?,
    scratch: MemoryView<Float>
  ) {
    let (g, k) = (geometry, geometry.windowSize)
    let images = x.count / g.inputSize
    inputGradient?.fill(0)
    guard algorithm != .direct else {
      if !accumulates { kernelGradient.fill(0) }
      NaiveConvolution(geometry: g, filters: filters).backward(
        x.base, kernel: kernel.base, outputGradient: outputGradient.base,
        kernelGradient: kernelGradient.base, inputGradient: inputGradient?.base, images: images)
      return
    }
    var beta: Float = accumulates ? 1 : 0
    ConvolutionCut.forEachBlock(of: 0..<images * g.outputHeight, g, filters: filters) { block in
      let pixels = block.count * g.outputWidth
      let dz = outputGradient.base + block.lowerBound * g.outputWidth * filters
      let columns = columns(of: x, block: block, scratch: scratch)
      BLAS.gemm(
        .yes, .no, m: k, n: filters, k: pixels, a: columns.base, lda: k, b: dz, ldb: filters,
        beta: beta, c: kernelGradient.base, ldc: filters)
      beta = 1
      guard let inputGradient else { return }
      if g.isPointwise {
        BLAS.gemm(
          .no, .yes, m: pixels, n: k, k: filters, a: dz, lda: filters, b: kernel.base, ldb: filters,
          c: inputGradient.base + block.lowerBound * g.outputWidth * k, ldc: k)
      } else {
        let gradients = scratch[0..<pixels * k]
        BLAS.gemm(
          .no, .yes, m: pixels, n: k, k: filters, a: dz, lda: filters, b: kernel.base, ldb: filters,
          c: gradients.base, ldc: k)
        Columns.scatter(gradients, rows: block, geometry: g, into: inputGradient)
      }
    }
  }

  /// The columns of a block of output rows: gathered, or the images themselves where a window is a pixel.
  private func columns(
    of x: MemoryView<Float>, block: Range<Int>, scratch: MemoryView<Float>
  ) -> MemoryView<Float> {
    let row = geometry.outputWidth * geometry.windowSize
    if geometry.isPointwise { return x[block.lowerBound * row..<block.upperBound * row] }
    let columns = scratch[0..<block.count * row]
    Columns.gather(x, rows: block, geometry: geometry, into: columns)
    return columns
  }
}

/// How the work of a convolution is cut; constants, so that results do not depend on the machine.
enum ConvolutionCut {
  /// Floats of a block of columns: with the kernel and the output's rows it stays within an L2 cache of 1 MiB.
  static let columnFloats = 98_304
  /// The largest batch whose images share threads row by row instead of going whole to one.
  static let fewImages = 4
  /// Pieces of such a batch.
  static let pieces = 8

  /// The fewest pixels for which a block is made so small that OpenBLAS need not pack it.
  static let leastPixels = 64

  /// Output rows whose columns make a block, at least one.
  static func rowsPerBlock(_ g: WindowGeometry, filters: Int) -> Int {
    let inCache = columnFloats / (g.outputWidth * g.windowSize)
    let unpacked = BLAS.unpackedProduct / (g.windowSize * filters)
    let rows = unpacked >= leastPixels ? min(inCache, unpacked / g.outputWidth) : inCache
    return max(1, rows)
  }

  /// The floats of a block of columns for up to `rows` output rows.
  static func blockFloats(_ g: WindowGeometry, filters: Int, rows: Int) -> Int {
    min(rows, rowsPerBlock(g, filters: filters)) * g.outputWidth * g.windowSize
  }

  /// Calls `body` for blocks of nearly equal size that together make `rows`.
  static func forEachBlock(
    of rows: Range<Int>, _ g: WindowGeometry, filters: Int, _ body: (Range<Int>) -> Void
  ) {
    let most = rowsPerBlock(g, filters: filters)
    let count = (rows.count + most - 1) / most
    for block in 0..<count { body(BatchCut.part(block, of: count, in: rows)) }
  }
}

/// Between images and matrices of columns: one row for each window, (pixels, kernel height · kernel width · channels),
/// so that a convolution is a matrix product (Chellapilla, Puri and Simard 2006).
///
/// Both kernels work on a range of *output rows* counted through the images of a call: row r is row r mod H′ of image r / H′.
enum Columns {
  /// Copies windows into columns; zeros stand for what lies outside.
  ///
  /// - Parameters:
  ///   - images: (n, H, W, C).
  ///   - columns: (rows.count · W′, K), K = kernel height · kernel width · C.
  static func gather(
    _ images: MemoryView<Float>, rows: Range<Int>, geometry: WindowGeometry,
    into columns: MemoryView<Float>
  ) {
    check(images, rows, geometry, columns)
    var windows = geometry.windows
    pinion_gather_columns(&windows, images.base, rows.lowerBound, rows.count, columns.base)
  }

  /// Adds columns back to the places in the images that they came from; what lies outside is dropped.
  ///
  /// - Parameters:
  ///   - columns: (rows.count · W′, K).
  ///   - images: (n, H, W, C), added to.
  static func scatter(
    _ columns: MemoryView<Float>, rows: Range<Int>, geometry: WindowGeometry,
    into images: MemoryView<Float>
  ) {
    check(images, rows, geometry, columns)
    var windows = geometry.windows
    pinion_scatter_columns(&windows, columns.base, rows.lowerBound, rows.count, images.base)
  }

  private static func check(
    _ images: MemoryView<Float>, _ rows: Range<Int>, _ g: WindowGeometry,
    _ columns: MemoryView<Float>
  ) {
    require(columns.count == rows.count * g.outputWidth * g.windowSize, "columns of another shape")
    require(
      images.count >= ((rows.upperBound + g.outputHeight - 1) / g.outputHeight) * g.inputSize,
      "images of another shape")
  }
}
