internal import CPinionKernels
internal import PinionTensor

/// A 3 × 3 convolution with a stride of 2 by minimal filtering, x (n, H, W, C).
///
/// Even rows and columns of x meet the kernel's outer taps with a stride of 1, for which F(2, 2)
/// saves a quarter of the multiplications, and odd ones the middle tap alone. For a tile of 2 × 2
/// outputs, the 5 × 5 pixels d under it and the kernel g, in each channel:
///
/// - y = Aᵀ·(Σ over channels (G·g·Gᵀ) ⊙ (Bᵀ·d·B))·A
///
/// with 25 multiplications instead of 36. The 25 elements are added up to nine sums, of four, two
/// or one elements: for each sum, the tiles make a matrix product, (T, K) · (K, F) with K of 4·C,
/// 2·C or C. The gradients are the same steps transposed: dM = A·dy·Aᵀ, then dg = Gᵀ·(Σ over tiles
/// Vᵀ·dM)·G, and dd = B·(dM·Uᵀ)·Bᵀ, added where the tiles' inputs overlap.
///
/// Winograd 1980, *Arithmetic Complexity of Computations*; `strided_winograd.c` has the formulas.
struct StridedWinograd: TiledConvolution {
  /// Elements of a transformed tile.
  static let elements = pinion_strided_elements
  /// Their sums.
  static let sums = pinion_strided_sums
  /// The numbers of channels and filters, and of pairs of both, from which on the products saved
  /// take longer than the transforms.
  private static let minimumChannels = 32
  private static let minimumPairs = 2_048
  /// Floats of a block's transformed inputs and its sums together, which stay in an L2 cache.
  static let blockFloats = 131_072
  /// The smallest number of tiles in a block: with fewer, loading the kernel dominates the
  /// products.
  static let minimumBlockTiles = 24
  static let maximumBlockTiles = 64
  // 25/9 of a kernel that is then read for 64 outputs or less: 16 tiles took 1.7 times as long as
  // columns (AVX-512).
  static let minimumTiles = 32
  /// Floats between a block's matrices, which avoid conflicts in the cache.
  static let planeGap = 16

  static let algorithm = ConvolutionAlgorithm(name: "strided-winograd", Self.self)

  let geometry: WindowGeometry
  let filters, batch: Int

  static func limitation(_ shape: ConvolutionShape) -> LayerError? {
    if let limitation = shape.limitation(withoutDilationAndGroupsFor: algorithm) {
      return limitation
    }
    let g = shape.geometry
    if g.kernel == Size2D(3), g.stride == Size2D(2) { return nil }
    return LayerError(
      "a 3 × 3 kernel and a stride of 2 for the algorithm \(algorithm.rawValue)",
      received: "the kernel \(g.kernel) and the stride \(g.stride)")
  }

  /// With enough channels, if the 25 products of a tile are at most eight for each of its pixels
  /// (not on small maps of odd sizes), and if a batch has enough tiles; for few samples, only with
  /// a prepared kernel.
  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool {
    let (g, strided) = (shape.geometry, StridedWinograd(shape, in: pass))
    let isWide =
      min(g.channels, shape.filters) >= minimumChannels
      && g.channels * shape.filters >= minimumPairs
    let savesProducts = elements * strided.tiles.perImage <= 8 * g.outputPixels
    return isWide && savesProducts && strided.isWorthKernel(in: pass)
  }

  var tiles: OutputTiles { OutputTiles(geometry: geometry, side: 2) }

  var channels: Int { geometry.channels }

  // MARK: The kernel

  /// Calls `body` with each sum's index, the first of its elements and their number.
  private func forEachSum(_ body: (_ index: Int, _ first: Int, _ count: Int) -> Void) {
    var first = 0
    for index in 0..<Self.sums {
      let count = (index / 3 == 1 ? 1 : 2) * (index % 3 == 1 ? 1 : 2)
      body(index, first, count)
      first += count
    }
  }

  /// The kernel's elements of a sum, (K, F).
  private func matrix(_ elements: Int) -> ConstantMatrix {
    ConstantMatrix(rows: elements * channels, columns: filters)
  }

  private func transposedMatrix(_ elements: Int) -> ConstantMatrix {
    ConstantMatrix(rows: filters, columns: elements * channels)
  }

  /// Floats of the nine matrices as ``ConstantMatrix`` stores them.
  var kernelFloats: Int { Self.elements * matrix(1).floats }

  /// The same for their transposes.
  var transposedKernelFloats: Int {
    4 * (transposedMatrix(4).floats + transposedMatrix(2).floats) + transposedMatrix(1).floats
  }

  /// Floats of scratch memory to prepare them.
  var preparationFloats: Int { 4 * channels * filters }

  /// U = G·g·Gᵀ as nine matrices, each as ``ConstantMatrix`` stores it.
  ///
  /// - Parameters:
  ///   - kernel: g, (3, 3, C, F).
  ///   - isTransposed: Whether to store the matrices' transposes, for the backward pass.
  ///   - transformed: ``kernelFloats`` or ``transposedKernelFloats`` floats.
  ///   - scratch: ``preparationFloats`` floats.
  func prepare(
    kernel: MemoryView<Float>, isTransposed: Bool, transformed: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    let size = channels * filters
    require(
      transformed.count == (isTransposed ? transposedKernelFloats : kernelFloats)
        && kernel.count == 9 * size && scratch.count >= preparationFloats,
      "kernels of another shape, or too little memory")
    var place = 0
    forEachSum { _, first, count in
      for element in 0..<count {
        pinion_strided_kernel(kernel.base, size, first + element, scratch.base + element * size)
      }
      let stored = transformed.base + place
      if isTransposed {
        transposedMatrix(count).storeTranspose(of: scratch.base, in: stored)
        place += transposedMatrix(count).floats
      } else {
        matrix(count).store(scratch.base, in: stored)
        place += matrix(count).floats
      }
    }
  }

  // MARK: The passes

  func forward(
    _ x: MemoryView<Float>, transformed: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    output: MemoryView<Float>, tiles range: Range<Int>, scratch: MemoryView<Float>
  ) {
    tiles.check(x, output, filters: filters, range)
    BatchPartition.forEachBlock(of: range, most: maximumTiles) { block in
      let (v, m) = blockMemory(block.count, scratch)
      let plane = planeFloats(block.count)
      var argument = tiles.argument(block)
      pinion_strided_input(&argument, x.base, elementStride, v.base, nil)
      var kernel = transformed.base
      forEachSum { index, first, count in
        matrix(count).multiply(
          v.base + first * channels, lda: elementStride, count: block.count, by: kernel,
          into: m.base + index * plane, ldc: sumStride)
        kernel += matrix(count).floats
      }
      pinion_strided_output(
        &argument, filters, m.base, plane, sumStride, bias?.base, slope, output.base)
    }
  }

  /// What the backward pass reads and writes.
  struct Gradients {
    /// dz, (n, H′, W′, F).
    let output: MemoryView<Float>
    /// ``StridedWinograd/sumFloats`` floats, kept from call to call: Σ over tiles of Vᵀ·dM, (25, C,
    /// F), and the search for elements that are exactly zero; nil if the kernel's gradient is not
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
    gradients.input?.fill(0)
    let state = gradients.kernelSums?[stateStart..<sumFloats]
    if !gradients.accumulates { state?.fill(0) }
    let searched = ZeroSearch.Gradients(values: gradients.output, outputs: nil, slope: 1)
    var (inputTaps, outputTaps) = (pinion_winograd_taps(), pinion_winograd_taps())
    if let state { (inputTaps, outputTaps) = zeroSearch.taps(x, searched, state: state) }
    var adds = gradients.accumulates
    BatchPartition.forEachBlock(of: range, most: maximumTiles) { block in
      let (v, m) = blockMemory(block.count, scratch)
      let plane = planeFloats(block.count)
      var argument = tiles.argument(block)
      pinion_strided_output_gradient(
        &argument, filters, gradients.output.base, plane, sumStride, m.base, &outputTaps)
      if let sums = gradients.kernelSums {
        pinion_strided_input(&argument, x.base, elementStride, v.base, &inputTaps)
        forEachSum { index, first, count in
          TransposedProduct(
            m: count * channels, n: filters, k: block.count, a: v.base + first * channels,
            lda: elementStride, b: m.base + index * plane, ldb: sumStride, adds: adds
          ).write(to: sums.base + first * channels * filters)
        }
        adds = true
      }
      guard let dx = gradients.input, let transposed else { return }
      var kernel = transposed.base
      forEachSum { index, first, count in
        transposedMatrix(count).multiply(
          m.base + index * plane, lda: sumStride, count: block.count, by: kernel,
          into: v.base + first * channels,
          ldc: elementStride)
        kernel += transposedMatrix(count).floats
      }
      pinion_strided_input_gradient(&argument, v.base, elementStride, dx.base)
    }
    // After the blocks, which overwrite the scratch memory.
    if let state { zeroSearch.searchPairs(x, searched, state: state, scratch: scratch) }
  }

  /// dg = Gᵀ·dU·G, and exactly zero where all summed products are.
  func finishKernelGradient(_ sums: MemoryView<Float>, into gradient: MemoryView<Float>) {
    let size = channels * filters
    require(
      sums.count == sumFloats && gradient.count == 9 * size, "kernel gradients of another shape")
    pinion_strided_kernel_gradient(sums.base, size, gradient.base)
    zeroSearch.clear(sums[stateStart..<sumFloats], in: gradient)
  }

  private var zeroSearch: ZeroSearch {
    ZeroSearch(geometry: geometry, filters: filters, batch: batch)
  }

  /// The place of the search's state behind the sums, on a cache line.
  private var stateStart: Int { (Self.elements * channels * filters + 15) / 16 * 16 }

  /// Floats of memory for the sums of the kernel's gradient and the search for its zeros.
  var sumFloats: Int { stateStart + zeroSearch.stateFloats }

  /// Floats of scratch memory for that search.
  var searchFloats: Int { zeroSearch.scratchFloats }
}

extension ConvolutionAlgorithm {
  /// Minimal filtering of tiles of 2 × 2 pixels, with 25 multiplications instead of 36. Supports
  /// kernels of 3 × 3 with a stride of 2 (Winograd 1980).
  public static var stridedWinograd: ConvolutionAlgorithm { StridedWinograd.algorithm }
}
