internal import CPinionKernels
internal import PinionTensor

/// A 3 × 3 convolution with stride 1 by Winograd's minimal filtering F(4×4, 3×3), x (n, H, W, C).
///
/// For a tile of 4 × 4 outputs, the 6 × 6 pixels d under it and the kernel g, in each channel:
///
/// - y = Aᵀ·(Σ over channels (G·g·Gᵀ) ⊙ (Bᵀ·d·B))·A
///
/// so that for each of the 36 elements of the transformed tile, the tiles make a matrix product:
/// (T, C) · (C, F). The gradients are the same steps transposed: dM = A·dy·Aᵀ, then dg = Gᵀ·(Σ over
/// tiles Vᵀ·dM)·G, and dd = B·(dM·Uᵀ)·Bᵀ, added where the tiles' inputs overlap.
///
/// Lavin and Gray 2015 (arXiv:1509.09308).
struct Winograd: ConvolutionKernel {
  /// Elements of a transformed tile.
  static let places = 36
  /// Channels and filters from which the products outweigh the transforms.
  private static let minimumChannels = 16
  /// Floats of a block's transformed inputs and outputs together: most of an L2 cache of 1 MiB.
  private static let blockFloats = 196_608
  /// The fewest tiles of a block: with fewer, products spend their time on loading the kernel.
  private static let minimumBlockTiles = 24
  private static let maximumBlockTiles = 64
  /// Floats between the matrices of a block, without which their rows would often share the few
  /// places that a cache has for addresses equal modulo 4 KiB.
  private static let planeGap = 16
  /// Tiles that a lane of the batch should have, for the transformed gradient of the kernel to be
  /// worth its writing; with more, deep layers had fewer lanes than others, and barriers between.
  static let laneTiles = 24
  /// The fewest lanes for which samples are put together, for threads' sake.
  static let minimumLanes = 4
  /// The tiles of few samples from which the algorithm is worth reading its larger kernel.
  private static let minimumTilesOfFewSamples = 16
  /// Pieces of a batch of few samples.
  static let pieces = 4

  static let algorithm = ConvolutionAlgorithm(name: "winograd", kernel: Self.self)

  let geometry: WindowGeometry
  let filters: Int
  /// The samples of the batch, of which calls concern parts.
  let batch: Int

  static func limitation(_ shape: ConvolutionShape) -> LayerError? {
    let g = shape.geometry
    if g.kernel == Size2D(3), g.stride == Size2D(1) { return nil }
    return LayerError(
      "a 3 × 3 kernel and a stride of 1 for Winograd's algorithm",
      received: "the kernel \(g.kernel) and the stride \(g.stride)")
  }

  /// With enough channels, where the 36 products of a tile are fewer than the nine of each of its
  /// pixels (not on maps of one row, or of 2 × 2), and of few samples where there are many tiles
  /// and the kernel was prepared before.
  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool {
    let (g, winograd) = (shape.geometry, Winograd(shape, in: pass))
    let isWide = min(g.channels, shape.filters) >= minimumChannels
    let savesProducts = places * winograd.tilesPerImage < 9 * g.outputPixels
    let isWorthKernel =
      !pass.dividesSamples
      || pass.hasConstantParameters
        && pass.batch * winograd.tilesPerImage >= minimumTilesOfFewSamples
    return isWide && savesProducts && isWorthKernel
  }

  init(geometry: WindowGeometry, filters: Int, batch: Int) {
    self.geometry = geometry
    self.filters = filters
    self.batch = batch
  }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.init(geometry: shape.geometry, filters: shape.filters, batch: pass.batch)
  }

  // MARK: Tiles

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

  /// U = G·g·Gᵀ, and, if there is memory for it, U with each matrix transposed, (36, F, C).
  ///
  /// - Parameters:
  ///   - scratch: as much as the kernel, for the second.
  func prepare(
    kernel: MemoryView<Float>, transformed: MemoryView<Float>, transposed: MemoryView<Float>?,
    scratch: MemoryView<Float>
  ) {
    require(
      transformed.count == kernelFloats && kernel.count == 9 * channels * filters,
      "kernels of another shape")
    pinion_winograd_kernel(kernel.base, channels * filters, transformed.base)
    guard let transposed else { return }
    require(
      transposed.count == kernelFloats && scratch.count >= kernel.count,
      "too little memory for transposed kernels")
    for pixel in 0..<9 {
      let start = pixel * channels * filters
      pinion_transpose(kernel.base + start, channels, filters, scratch.base + start)
    }
    pinion_winograd_kernel(scratch.base, channels * filters, transposed.base)
  }

  // MARK: The passes

  /// y = f(x ∗ g + bias) for a range of tiles, counted through the images; f has the slope below
  /// zero.
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
    /// ``Winograd/sumFloats`` of memory that lasts from call to call: Σ over tiles of Vᵀ·dM, (36,
    /// C, F), and the search for elements that are exactly zero; nil if the kernel's gradient is
    /// not wanted.
    let kernelSums: MemoryView<Float>?
    /// Whether there are sums to add to in `kernelSums`.
    let accumulates: Bool
    /// dx, (n, H, W, C), if it is wanted.
    let input: MemoryView<Float>?
  }

  /// All gradients, for whole images.
  func backward(
    _ x: MemoryView<Float>, transposed: MemoryView<Float>, gradients: Gradients,
    scratch: MemoryView<Float>
  ) {
    let tiles = 0..<x.count / geometry.inputSize * tilesPerImage
    check(x, gradients.output, tiles)
    var shape = shape
    var beta: Float = gradients.accumulates ? 1 : 0
    if let sums = gradients.kernelSums { searchForZeros(x, gradients, sums, scratch) }
    gradients.input?.fill(0)
    forEachBlock(of: tiles) { block in
      let (v, m) = planes(block.count, scratch)
      let (_, reached) = bits(scratch)
      pinion_winograd_output_gradient(
        &shape, gradients.output.base, gradients.outputs?.base, gradients.slope, filters,
        block.lowerBound, block.count, gradients.bias?.base, m.base, m.distance, reached)
      if let sums = gradients.kernelSums {
        pinion_winograd_input(
          &shape, x.base, channels, block.lowerBound, block.count, v.base, v.distance, nil)
        for place in 0..<Self.places {
          BLAS.gemm(
            .yes, .no, m: channels, n: filters, k: block.count, a: v[place], lda: channels,
            b: m[place], ldb: filters, beta: beta,
            c: sums.base + place * channels * filters, ldc: filters)
        }
        beta = 1
      }
      guard let input = gradients.input else { return }
      for place in 0..<Self.places {
        BLAS.gemm(
          m: block.count, n: channels, k: filters, a: m[place], lda: filters,
          b: transposed.base + place * channels * filters, ldb: channels, c: v[place], ldc: channels
        )
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
    let most = min(tiles, maximumTiles)
    return max(
      searchFloats,
      bitFloats + Self.places * (most * (channels + filters) + 2 * Self.planeGap))
  }

  /// The most tiles of a block.
  private var maximumTiles: Int {
    let inCache = Self.blockFloats / (Self.places * (channels + filters))
    let unpacked = max(1, BLAS.unpackedProduct / (channels * filters))
    return max(
      1, min(unpacked, max(Self.minimumBlockTiles, min(Self.maximumBlockTiles, inCache))))
  }

  /// Floats of the bits of a block's tiles, before its matrices.
  private var bitFloats: Int {
    2 * 2 * maximumTiles
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
    let (first, second) = (tiles * channels + Self.planeGap, tiles * filters + Self.planeGap)
    require(scratch.count >= bitFloats + Self.places * (first + second), "too little scratch")
    let base = scratch.base + bitFloats
    return (
      Planes(base: base, distance: first),
      Planes(base: base + Self.places * first, distance: second)
    )
  }

  private func forEachBlock(of tiles: Range<Int>, _ body: (Range<Int>) -> Void) {
    let most = maximumTiles
    let count = (tiles.count + most - 1) / most
    for block in 0..<count { body(BatchPartition.part(block, of: count, in: tiles)) }
  }

  private func check(_ x: MemoryView<Float>, _ y: MemoryView<Float>, _ tiles: Range<Int>) {
    let images = (tiles.upperBound + tilesPerImage - 1) / tilesPerImage
    require(
      x.count >= images * geometry.inputSize
        && y.count >= images * geometry.outputPixels * filters,
      "inputs or outputs of another shape")
  }
}

extension ConvolutionAlgorithm {
  /// Winograd's minimal filtering of tiles of 4 × 4 pixels, 36 small matrix products in place of
  /// one large with a quarter of its multiplications. Takes kernels of 3 × 3 with stride 1 (Lavin
  /// and Gray 2015).
  public static var winograd: ConvolutionAlgorithm { Winograd.algorithm }
}
