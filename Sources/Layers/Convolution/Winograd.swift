internal import CPinionKernels
internal import PinionTensor

/// The arithmetic of a 3 × 3 convolution with stride 1 by Winograd's minimal filtering F(4×4, 3×3), on whole images (n, H, W, C).
///
/// For a tile of 4 × 4 outputs, the 6 × 6 pixels d under it and the kernel g, in each channel:
///
/// - y = Aᵀ·(Σ over channels (G·g·Gᵀ) ⊙ (Bᵀ·d·B))·A
///
/// so that for each of the 36 places of the transformed tile, the tiles make a matrix product: (T, C) · (C, F). The gradients are the same steps
/// transposed: dM = A·dy·Aᵀ, then dg = Gᵀ·(Σ over tiles Vᵀ·dM)·G, and dd = B·(dM·Uᵀ)·Bᵀ, added where the tiles' inputs overlap.
///
/// Lavin and Gray 2015 (arXiv:1509.09308).
struct Winograd {
  let geometry: WindowGeometry
  let filters: Int
  /// The images of the batch, of which calls concern parts.
  let batch: Int

  /// The places of a transformed tile.
  static let places = 36

  /// Whether the kernel is 3 × 3 and the stride 1.
  static func takes(_ g: WindowGeometry) -> Bool {
    g.kernel == Size2D(3) && g.stride == Size2D(1)
  }

  /// Rows of tiles of an image.
  var tileRows: Int { (geometry.outputHeight + 3) / 4 }

  /// Tiles of a row.
  var tileColumns: Int { (geometry.outputWidth + 3) / 4 }

  /// Tiles of an image.
  var tilesPerImage: Int { tileRows * tileColumns }

  /// The output's pixels under rows of tiles, both counted through the images.
  func outputPixels(ofTileRows rows: Range<Int>) -> Range<Int> {
    func firstPixel(_ row: Int) -> Int {
      let (image, within) = row.quotientAndRemainder(dividingBy: tileRows)
      return (image * geometry.outputHeight + 4 * within) * geometry.outputWidth
    }
    return firstPixel(rows.lowerBound)..<firstPixel(rows.upperBound)
  }

  var channels: Int { geometry.channels }

  var shape: pinion_winograd_geometry {
    pinion_winograd_geometry(
      height: geometry.inputHeight, width: geometry.inputWidth,
      output_height: geometry.outputHeight, output_width: geometry.outputWidth,
      pad_top: geometry.padTop, pad_left: geometry.padLeft)
  }

  // MARK: The kernel

  /// Floats of the transformed kernel U, (36, C, F).
  var kernelFloats: Int { Self.places * channels * filters }

  /// U = G·g·Gᵀ, and, if there is memory for it, U with each matrix turned over, (36, F, C).
  ///
  /// - Parameters:
  ///   - scratch: as much as the kernel, for the second.
  func prepare(
    kernel: MemoryView<Float>, transformed: MemoryView<Float>, turned: MemoryView<Float>?,
    scratch: MemoryView<Float>
  ) {
    require(
      transformed.count == kernelFloats && kernel.count == 9 * channels * filters,
      "kernels of another shape")
    pinion_winograd_kernel(kernel.base, channels * filters, transformed.base)
    guard let turned else { return }
    require(
      turned.count == kernelFloats && scratch.count >= kernel.count,
      "too little memory for turned kernels")
    for pixel in 0..<9 {
      let start = pixel * channels * filters
      pinion_transpose(kernel.base + start, channels, filters, scratch.base + start)
    }
    pinion_winograd_kernel(scratch.base, channels * filters, turned.base)
  }

  // MARK: The passes

  /// y = f(x ∗ g + bias) for a range of tiles, counted through the images; f has the slope below zero.
  func forward(
    _ x: MemoryView<Float>, transformed: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    output: MemoryView<Float>, tiles: Range<Int>, scratch: MemoryView<Float>
  ) {
    check(x, output, tiles)
    var shape = shape
    forEachBlock(of: tiles) { block in
      let (v, m) = planes(block.count, scratch)
      let (zeros, _) = bits(scratch)
      pinion_winograd_input(
        &shape, x.base, channels, block.lowerBound, block.count, v.base, v.distance, zeros)
      for place in 0..<Self.places {
        BLAS.gemm(
          m: block.count, n: filters, k: channels, a: v[place], lda: channels,
          b: transformed.base + place * channels * filters, ldb: filters, c: m[place], ldc: filters)
      }
      pinion_winograd_output(
        &shape, m.base, m.distance, filters, block.lowerBound, block.count, zeros, bias?.base,
        slope, output.base)
    }
  }

  /// What the backward pass reads and writes.
  struct Gradients {
    /// dy, (n, H′, W′, F).
    let output: MemoryView<Float>
    /// y, where an activation's slope below zero is still to be applied to dy.
    let outputs: MemoryView<Float>?
    /// The slope.
    let slope: Float
    /// Σ dz, added to.
    let bias: MemoryView<Float>?
    /// ``Winograd/sumFloats`` of memory that lasts from call to call: Σ over tiles of Vᵀ·dM, (36, C, F), and the search for
    /// elements that are exactly zero.
    let kernelSums: MemoryView<Float>
    /// Whether there are sums to add to in `kernelSums`.
    let accumulates: Bool
    /// dx, (n, H, W, C), if it is wanted.
    let input: MemoryView<Float>?
  }

  /// All gradients, for whole images.
  func backward(
    _ x: MemoryView<Float>, turned: MemoryView<Float>, gradients: Gradients,
    scratch: MemoryView<Float>
  ) {
    let tiles = 0..<x.count / geometry.inputSize * tilesPerImage
    check(x, gradients.output, tiles)
    var shape = shape
    var beta: Float = gradients.accumulates ? 1 : 0
    let sums = gradients.kernelSums[0..<kernelFloats]
    searchForZeros(x, gradients, scratch)
    gradients.input?.fill(0)
    forEachBlock(of: tiles) { block in
      let (v, m) = planes(block.count, scratch)
      let (_, reached) = bits(scratch)
      pinion_winograd_output_gradient(
        &shape, gradients.output.base, gradients.outputs?.base, gradients.slope, filters,
        block.lowerBound, block.count, gradients.bias?.base, m.base, m.distance, reached)
      pinion_winograd_input(
        &shape, x.base, channels, block.lowerBound, block.count, v.base, v.distance, nil)
      for place in 0..<Self.places {
        BLAS.gemm(
          .yes, .no, m: channels, n: filters, k: block.count, a: v[place], lda: channels,
          b: m[place], ldb: filters, beta: beta,
          c: sums.base + place * channels * filters, ldc: filters)
      }
      beta = 1
      guard let input = gradients.input else { return }
      for place in 0..<Self.places {
        BLAS.gemm(
          m: block.count, n: channels, k: filters, a: m[place], lda: filters,
          b: turned.base + place * channels * filters, ldb: channels, c: v[place], ldc: channels)
      }
      pinion_winograd_input_gradient(
        &shape, v.base, v.distance, channels, block.lowerBound, block.count, reached, input.base)
    }
  }

  /// dg = Gᵀ·dU·G, and exactly zero where all summed products are.
  func finishKernelGradient(_ sums: MemoryView<Float>, into gradient: MemoryView<Float>) {
    require(
      sums.count == sumFloats && gradient.count == 9 * channels * filters,
      "kernel gradients of another shape")
    pinion_winograd_kernel_gradient(sums.base, channels * filters, gradient.base)
    clearZeros(sums, in: gradient)
  }

  // MARK: Blocks

  /// Floats of scratch memory for blocks of up to `tiles` tiles.
  func scratchFloats(tiles: Int) -> Int {
    let most = min(tiles, WinogradCut.tiles(channels: channels, filters: filters))
    return max(
      searchFloats,
      bitFloats + Self.places * (most * (channels + filters) + 2 * WinogradCut.gap))
  }

  /// Floats of the bits of a block's tiles, before its matrices.
  private var bitFloats: Int {
    2 * 2 * WinogradCut.tiles(channels: channels, filters: filters)
  }

  /// For each tile of a block, which outputs are sums of zeros, and which inputs have a gradient.
  private func bits(_ scratch: MemoryView<Float>) -> (
    zeros: UnsafeMutablePointer<UInt64>, reached: UnsafeMutablePointer<UInt64>
  ) {
    let words = scratch[0..<bitFloats].rebound(to: UInt64.self)
    return (words.base, words.base + words.count / 2)
  }

  /// The 36 matrices of a block, a distance apart.
  private struct Planes {
    let base: UnsafeMutablePointer<Float>
    let distance: Int
    subscript(place: Int) -> UnsafeMutablePointer<Float> { base + place * distance }
  }

  private func planes(_ tiles: Int, _ scratch: MemoryView<Float>) -> (Planes, Planes) {
    let (first, second) = (tiles * channels + WinogradCut.gap, tiles * filters + WinogradCut.gap)
    require(scratch.count >= bitFloats + Self.places * (first + second), "too little scratch")
    let base = scratch.base + bitFloats
    return (
      Planes(base: base, distance: first),
      Planes(base: base + Self.places * first, distance: second)
    )
  }

  private func forEachBlock(of tiles: Range<Int>, _ body: (Range<Int>) -> Void) {
    let most = WinogradCut.tiles(channels: channels, filters: filters)
    let count = (tiles.count + most - 1) / most
    for block in 0..<count { body(BatchCut.part(block, of: count, in: tiles)) }
  }

  private func check(_ x: MemoryView<Float>, _ y: MemoryView<Float>, _ tiles: Range<Int>) {
    let images = (tiles.upperBound + tilesPerImage - 1) / tilesPerImage
    require(
      x.count >= images * geometry.inputSize
        && y.count >= images * geometry.outputPixels * filters,
      "inputs or outputs of another shape")
  }
}
