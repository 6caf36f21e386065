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
struct Winograd: TiledConvolution {
  /// Elements of a transformed tile.
  static let places = 36
  /// The number of channels and filters from which on the products take longer than the transforms.
  private static let minimumChannels = 16
  /// The same for few filters of many channels, as the bottlenecks of a DenseNet have.
  private static let fewestFilters = 12
  private static let channelsOfFewestFilters = 48
  /// Floats of a block's transformed inputs and outputs together: most of an L2 cache of 1 MiB.
  static let blockFloats = 196_608
  /// The smallest number of tiles in a block: with fewer, loading the kernel dominates the
  /// products. Networks of layers with 128 and 256 channels took 1.04 to 1.1 times as long to train
  /// with 24 (Emerald Rapids).
  static let minimumBlockTiles = 48
  static let maximumBlockTiles = 64
  static let minimumTiles = 16
  /// The largest number of tiles of kernels whose transforms, 9 MB and more, come from the memory
  /// for each block without AVX-512: a layer of (8, 8, 256) takes 0.94 times as long as with 64.
  static let maximumTilesOfLargeKernels = 96
  /// Channels · filters of such kernels.
  static let largeKernel = 65_536
  /// Floats between the matrices of a block, which avoid conflicts of their rows in the cache,
  /// where addresses equal modulo 4 KiB share a set. Products read some of them.
  static let planeGap = 16

  static let algorithm = ConvolutionAlgorithm(name: "winograd", Self.self)

  let geometry: WindowGeometry
  let filters, batch: Int

  static func limitation(_ shape: ConvolutionShape) -> LayerError? {
    if let limitation = shape.limitation(withoutDilationAndGroupsFor: algorithm) {
      return limitation
    }
    let g = shape.geometry
    if g.kernel == Size2D(3), g.stride == Size2D(1) { return nil }
    return LayerError(
      "a 3 × 3 kernel and a stride of 1 for Winograd's algorithm",
      received: "the kernel \(g.kernel) and the stride \(g.stride)")
  }

  /// With enough channels, if the 36 products of a tile are fewer than nine for each of its pixels
  /// (not on maps of one row, or of 2 × 2), and if a batch has enough tiles; for few samples, only
  /// with a prepared kernel.
  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool {
    let (g, winograd) = (shape.geometry, Winograd(shape, in: pass))
    let isWide =
      min(g.channels, shape.filters) >= minimumChannels
      || shape.filters >= fewestFilters && g.channels >= channelsOfFewestFilters
    let savesProducts = places * winograd.tiles.perImage < 9 * g.outputPixels
    return isWide && savesProducts && winograd.isWorthKernel(in: pass)
  }

  var tiles: OutputTiles { OutputTiles(geometry: geometry, side: 4) }

  var channels: Int { geometry.channels }

  // MARK: The kernel

  /// A pixel of the kernel, (C, F), in the products of the forward pass.
  private var matrix: ConstantMatrix { ConstantMatrix(rows: channels, columns: filters) }

  /// Its transpose, in those of the backward pass.
  private var transposedMatrix: ConstantMatrix {
    ConstantMatrix(rows: filters, columns: channels)
  }

  /// Floats of the transformed kernel U, (36, C, F), as ``ConstantMatrix`` stores each matrix, and
  /// of its transpose.
  var kernelFloats: Int { Self.places * max(matrix.floats, transposedMatrix.floats) }

  var transposedKernelFloats: Int { kernelFloats }

  /// Floats of scratch memory to prepare it.
  var preparationFloats: Int { 9 * max(matrix.floats, transposedMatrix.floats) }

  /// U = G·g·Gᵀ, each of the 36 matrices as ``ConstantMatrix`` stores it.
  ///
  /// - Parameters:
  ///   - kernel: g, (3, 3, C, F).
  ///   - isTransposed: Whether to store the matrices' transposes, for the backward pass.
  ///   - transformed: ``kernelFloats`` floats.
  ///   - scratch: ``preparationFloats`` floats.
  func prepare(
    kernel: MemoryView<Float>, isTransposed: Bool, transformed: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    require(
      transformed.count == kernelFloats && kernel.count == 9 * channels * filters
        && scratch.count >= preparationFloats,
      "kernels of another shape, or too little memory")
    let floats = isTransposed ? transposedMatrix.floats : matrix.floats
    // The transform is the same for each element, in any order.
    for pixel in 0..<9 {
      let (g, stored) = (
        kernel.base + pixel * channels * filters, scratch.base + pixel * floats
      )
      if isTransposed {
        transposedMatrix.storeTranspose(of: g, in: stored)
      } else {
        matrix.store(g, in: stored)
      }
    }
    pinion_winograd_kernel(scratch.base, floats, transformed.base)
  }

  // MARK: The passes

  func forward(
    _ x: MemoryView<Float>, transformed: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    output: MemoryView<Float>, tiles range: Range<Int>, scratch: MemoryView<Float>
  ) {
    tiles.check(x, output, filters: filters, range)
    BatchPartition.forEachBlock(of: range, most: maximumTiles) { block in
      let (v, m) = planes(block.count, scratch)
      let (zeros, _) = bits(scratch)
      var inputPass = pinion_winograd_input_pass(
        tiles: passTiles(block, v), images: x.base, planes: v.base, zeros: zeros,
        taps: pinion_winograd_taps())
      pinion_winograd_input(&inputPass)
      for place in 0..<Self.places {
        matrix.multiply(
          v[place], lda: v.stride, count: block.count,
          by: transformed.base + place * matrix.floats, into: m[place], ldc: m.stride)
      }
      var outputPass = pinion_winograd_output_pass(
        tiles: passTiles(block, m), filters: filters, planes: m.base, zeros: zeros,
        bias: bias?.base, slope: slope, images: output.base)
      pinion_winograd_output(&outputPass)
    }
  }

  /// What the backward pass reads and writes.
  struct Gradients {
    /// dy, (n, H′, W′, F).
    let output: MemoryView<Float>
    /// y, if the kernel computes dz from dy by the slope below zero.
    let outputs: MemoryView<Float>?
    /// The slope.
    let slope: Float
    /// Σ dz, added to.
    let bias: MemoryView<Float>?
    /// ``Winograd/sumFloats`` floats, kept from call to call: Σ over tiles of Vᵀ·dM, (36, C, F),
    /// and the search for elements that are exactly zero; nil if the kernel's gradient is not
    /// needed.
    let kernelSums: MemoryView<Float>?
    /// Whether to add to `kernelSums`.
    let accumulates: Bool
    /// dx, (n, H, W, C), if requested.
    let input: MemoryView<Float>?
  }

  /// All gradients, for whole images.
  ///
  /// - Parameter transposed: The transposed kernels, for the input's gradient.
  func backward(
    _ x: MemoryView<Float>, transposed: MemoryView<Float>?, gradients: Gradients,
    scratch: MemoryView<Float>
  ) {
    let range = 0..<x.count / geometry.inputSize * tiles.perImage
    tiles.check(x, gradients.output, filters: filters, range)
    require(gradients.input == nil || transposed != nil, "gradients without a transposed kernel")
    var adds = gradients.accumulates
    let state = gradients.kernelSums?[kernelFloats..<sumFloats]
    if !gradients.accumulates { state?.fill(0) }
    let searched = ZeroSearch.Gradients(
      values: gradients.output, outputs: gradients.outputs, slope: gradients.slope)
    var (inputTaps, outputTaps) = (pinion_winograd_taps(), pinion_winograd_taps())
    if let state { (inputTaps, outputTaps) = zeroSearch.taps(x, searched, state: state) }
    BatchPartition.forEachBlock(of: range, most: maximumTiles) { block in
      let (v, m) = planes(block.count, scratch)
      let (_, reached) = bits(scratch)
      var outputPass = pinion_winograd_output_gradient_pass(
        tiles: passTiles(block, m), filters: filters, gradients: gradients.output.base,
        outputs: gradients.outputs?.base, slope: gradients.slope,
        bias_gradient: gradients.bias?.base, planes: m.base, reached: reached,
        taps: outputTaps)
      pinion_winograd_output_gradient(&outputPass)
      if let sums = gradients.kernelSums {
        var inputPass = pinion_winograd_input_pass(
          tiles: passTiles(block, v), images: x.base, planes: v.base, zeros: nil,
          taps: inputTaps)
        pinion_winograd_input(&inputPass)
        for place in 0..<Self.places {
          TransposedProduct(
            m: channels, n: filters, k: block.count, a: v[place], lda: v.stride, b: m[place],
            ldb: m.stride, adds: adds
          ).write(to: sums.base + place * channels * filters)
        }
        adds = true
      }
      guard let dx = gradients.input, let transposed else { return }
      for place in 0..<Self.places {
        transposedMatrix.multiply(
          m[place], lda: m.stride, count: block.count,
          by: transposed.base + place * transposedMatrix.floats, into: v[place], ldc: v.stride)
      }
      var gradientPass = pinion_winograd_input_gradient_pass(
        tiles: passTiles(block, v), planes: v.base, reached: reached, images: dx.base)
      pinion_winograd_input_gradient(&gradientPass)
    }
    // After the blocks, which overwrite the scratch memory.
    if let state { zeroSearch.searchPairs(x, searched, state: state, scratch: scratch) }
  }

  private var zeroSearch: ZeroSearch {
    ZeroSearch(geometry: geometry, filters: filters, batch: batch)
  }

  /// Floats of memory for the sums of the kernel's gradient and the search for its zeros.
  var sumFloats: Int { kernelFloats + zeroSearch.stateFloats }

  /// Floats of scratch memory for that search.
  var searchFloats: Int { zeroSearch.scratchFloats }

  /// dg = Gᵀ·dU·G, and exactly zero where all summed products are.
  func finishKernelGradient(_ sums: MemoryView<Float>, into gradient: MemoryView<Float>) {
    require(
      sums.count == sumFloats && gradient.count == 9 * channels * filters,
      "kernel gradients of another shape")
    pinion_winograd_kernel_gradient(sums.base, channels * filters, gradient.base)
    zeroSearch.clear(sums[kernelFloats..<sumFloats], in: gradient)
  }
}

extension ConvolutionAlgorithm {
  /// Winograd's minimal filtering of tiles of 4 × 4 pixels, 36 small matrix products with a quarter
  /// of the multiplications of one large product. Supports kernels of 3 × 3 with stride 1 (Lavin
  /// and Gray 2015).
  public static var winograd: ConvolutionAlgorithm { Winograd.algorithm }
}
