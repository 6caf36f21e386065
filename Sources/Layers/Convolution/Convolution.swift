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
