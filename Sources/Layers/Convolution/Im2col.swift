internal import CPinionKernels
internal import PinionTensor

/// A convolution as matrix products (Chellapilla, Puri and Simard 2006): the values under each
/// window become a row of a matrix of columns, (pixels, K) with K = kernel height · kernel width ·
/// C, a block of pixels at a time that stays in the L2 cache.
///
/// - y = columns·W; dW = columnsᵀ·dz; dx = dz·Wᵀ, scattered back.
///
/// With G groups, a row of columns has G parts of K / G values, and each product above is G
/// products, one for each group.
///
/// Supports any shape. Rows of the output are numbered across the samples of a call: row r is row r
/// mod H′ of sample r / H′.
struct Im2col: ConvolutionImplementation {
  /// The size of a block of columns in floats: with the kernel and the output's rows it fits an L2
  /// cache of 1 MiB.
  private static let columnFloats = 98_304
  /// The largest number of pieces of a batch of few samples.
  private static let maximumPieces = 8
  /// The smallest number of pixels of a piece: with fewer, loading the kernel dominates the
  /// products.
  private static let minimumPiecePixels = 24
  /// The smallest number of filters of a piece, if pieces have all pixels.
  private static let minimumPieceFilters = 32

  static let algorithm = ConvolutionAlgorithm(name: "im2col", Self.self)

  let geometry: WindowGeometry
  let filters: Int
  let groups: Int

  static func isFavored(_ shape: ConvolutionShape, in pass: LayerPass) -> Bool { true }

  init(geometry: WindowGeometry, filters: Int, groups: Int = 1) {
    self.geometry = geometry
    self.filters = filters
    self.groups = groups
  }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.init(geometry: shape.geometry, filters: shape.filters, groups: shape.groups)
  }

  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let pass = program.pass
    let (kernel, epilogue) = (operands.kernel, operands.epilogue)
    let stored = reservePreparation(of: operands, in: &program)
    let scratch = program.reserve(
      .scratch, count: scratchFloats(rows: pass.batch * geometry.outputHeight))
    let width = geometry.outputWidth * filters
    let pixels = pass.batch * geometry.outputPixels
    let finishesInProducts = stored.matrix != nil && epilogue.isInProducts
    let filterPieces = min(Self.maximumPieces, filters / Self.minimumPieceFilters)
    if pass.dividesSamples, pixels < 2 * Self.minimumPiecePixels, groups == 1, filterPieces > 1 {
      // Too few pixels for several pieces: all pixels, and a part of the filters in each piece.
      program.forward = [
        .pieces(filterPieces) { context in
          forward(
            context.inputs[0], kernel: context[kernel], stored: stored.matrix.map { context[$0] },
            output: context.output, rows: 0..<pass.batch * geometry.outputHeight,
            filters: matrix.columns(context.piece, of: filterPieces), scratch: context[scratch],
            epilogue: finishesInProducts ? epilogue.inProducts(context) : nil)
        }
      ]
      if !finishesInProducts {
        program.forward.append(.pieces(1) { epilogue.apply(to: $0.output.indices, $0) })
      }
    } else {
      // Rows of the output; the epilogue of each block of rows while that is in cache.
      let pieces = max(1, min(Self.maximumPieces, pixels / Self.minimumPiecePixels))
      program.forward = [
        pass.forwardPhase(rows: geometry.outputHeight, pieces: pieces) { context, rows in
          forward(
            context.inputs[0], kernel: context[kernel], stored: stored.matrix.map { context[$0] },
            output: context.output, rows: rows, scratch: context[scratch],
            epilogue: finishesInProducts ? epilogue.inProducts(context) : nil
          ) {
            guard !finishesInProducts else { return }
            epilogue.apply(to: $0.lowerBound * width..<$0.upperBound * width, context)
          }
        }
      ]
    }
    program.backward = [
      .samples { context in
        epilogue.applyGradient(context)
        epilogue.addBiasGradient(context, accumulates: context.accumulates)
        backward(
          context.inputs[0], kernel: context[kernel],
          storedTranspose: stored.transpose.map { context[$0] },
          outputGradient: context.outputGradient,
          kernelGradient: pass.isTrainable ? context.gradient(of: kernel) : nil,
          accumulates: context.accumulates, inputGradient: context.inputGradients[0],
          scratch: context[scratch])
      }
    ]
  }

  func addPreparation(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    _ = reservePreparation(of: operands, in: &program)
  }

  /// The kernel, (K, F), and in training its transpose as a ``ConstantMatrix``.
  private func reservePreparation(
    of operands: ConvolutionOperands, in program: inout LayerProgram
  ) -> (matrix: StoredMatrix?, transpose: MemoryHandle<Float>?) {
    groups == 1 ? matrix.reserve(for: operands.kernel, in: &program) : (nil, nil)
  }

  private var matrix: ConstantMatrix {
    ConstantMatrix(rows: geometry.windowSize, columns: filters)
  }

  private var transposedMatrix: ConstantMatrix {
    ConstantMatrix(rows: filters, columns: geometry.windowSize)
  }

  /// Writes z for the given rows, and for a range of each group's filters or for all; calls
  /// `finish` with each block of rows while it is in cache.
  ///
  /// - Parameters:
  ///   - stored: The kernel as a ``ConstantMatrix``; nil for the kernel itself.
  ///   - epilogue: Makes y of z in the products; only with `stored`.
  func forward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, stored: MemoryView<Float>? = nil,
    output: MemoryView<Float>, rows: Range<Int>, filters part: Range<Int>? = nil,
    scratch: MemoryView<Float>, epilogue: ProductEpilogue? = nil,
    finish: (Range<Int>) -> Void = { _ in }
  ) {
    let (g, k) = (geometry, geometry.windowSize)
    let part = part ?? 0..<groupFilters
    BatchPartition.forEachBlock(of: rows, most: rowsPerBlock) { block in
      let columns = columns(of: x, block: block, scratch: scratch)
      let z = output.base + block.lowerBound * g.outputWidth * filters
      if let stored {
        matrix.multiply(
          columns.base, count: block.count * g.outputWidth, by: stored.base, into: z, columns: part,
          finish: epilogue)
      } else {
        for group in 0..<groups {
          let first = group * groupFilters + part.lowerBound
          BLAS.gemm(
            m: block.count * g.outputWidth, n: part.count, k: groupSize,
            a: columns.base + group * groupSize, lda: k, b: kernel.base + first, ldb: filters,
            c: z + first, ldc: filters)
        }
      }
      finish(block)
    }
  }

  /// Writes or adds to dW, and writes dx, if requested, for whole samples.
  ///
  /// - Parameter storedTranspose: The transposed kernel as a ``ConstantMatrix``; nil for the kernel
  ///   itself.
  func backward(
    _ x: MemoryView<Float>, kernel: MemoryView<Float>, storedTranspose: MemoryView<Float>? = nil,
    outputGradient: MemoryView<Float>,
    kernelGradient: MemoryView<Float>?, accumulates: Bool, inputGradient: MemoryView<Float>?,
    scratch: MemoryView<Float>
  ) {
    let (g, k) = (geometry, geometry.windowSize)
    let samples = x.count / g.inputSize
    if !g.isPointwise, !placesColumns { inputGradient?.fill(0) }
    var adds = accumulates
    BatchPartition.forEachBlock(of: 0..<samples * g.outputHeight, most: rowsPerBlock) { block in
      let pixels = block.count * g.outputWidth
      let dz = outputGradient.base + block.lowerBound * g.outputWidth * filters
      if let kernelGradient {
        let columns = columns(of: x, block: block, scratch: scratch)
        for group in 0..<groups {
          TransposedProduct(
            m: groupSize, n: groupFilters, k: pixels, a: columns.base + group * groupSize, lda: k,
            b: dz + group * groupFilters, ldb: filters, adds: adds
          )
          .write(to: kernelGradient.base + group * groupFilters, ldc: filters)
        }
        adds = true
      }
      guard let inputGradient else { return }
      let gradients =
        g.isPointwise
        ? inputGradient[block.lowerBound * g.outputWidth * k..<block.upperBound * g.outputWidth * k]
        : scratch[0..<pixels * k]
      if let storedTranspose {
        transposedMatrix.multiply(
          dz, count: pixels, by: storedTranspose.base, into: gradients.base)
      } else {
        for group in 0..<groups {
          BLAS.gemm(
            .no, .yes, m: pixels, n: groupSize, k: groupFilters, a: dz + group * groupFilters,
            lda: filters, b: kernel.base + group * groupFilters, ldb: filters,
            c: gradients.base + group * groupSize, ldc: k)
        }
      }
      if !g.isPointwise { scatter(gradients, rows: block, into: inputGradient) }
    }
  }

  /// K / G: the values under a window in one group.
  private var groupSize: Int { geometry.windowSize / groups }

  /// The filters of a group.
  private var groupFilters: Int { filters / groups }

  // MARK: Columns

  /// The columns of a block of rows: gathered, or x itself if windows are single pixels.
  private func columns(
    of x: MemoryView<Float>, block: Range<Int>, scratch: MemoryView<Float>
  ) -> MemoryView<Float> {
    let row = geometry.outputWidth * geometry.windowSize
    if geometry.isPointwise { return x[block.lowerBound * row..<block.upperBound * row] }
    let columns = scratch[0..<block.count * row]
    gather(x, rows: block, into: columns)
    return columns
  }

  /// Copies the windows of x, (n, H, W, C), into columns, (rows.count · W′, G, K / G); 0 outside of
  /// x.
  func gather(_ x: MemoryView<Float>, rows: Range<Int>, into columns: MemoryView<Float>) {
    requireColumns(columns, of: x, rows: rows)
    var windows = geometry.windows
    pinion_gather_columns(&windows, groups, x.base, rows.lowerBound, rows.count, columns.base)
  }

  /// Whether columns are the only ones of their pixels, which are written instead of added to.
  private var placesColumns: Bool {
    let (kernel, stride) = (geometry.kernel, geometry.stride)
    return groups == 1 && kernel.height <= stride.height && kernel.width <= stride.width
  }

  /// Adds columns to the places of x, (n, H, W, C), that they come from, except for those outside
  /// of x; if ``placesColumns``, writes all rows of x down to the next windows.
  func scatter(_ columns: MemoryView<Float>, rows: Range<Int>, into x: MemoryView<Float>) {
    requireColumns(columns, of: x, rows: rows)
    var windows = geometry.windows
    if placesColumns {
      pinion_place_columns(&windows, columns.base, rows.lowerBound, rows.count, x.base)
    } else {
      pinion_scatter_columns(&windows, groups, columns.base, rows.lowerBound, rows.count, x.base)
    }
  }

  private func requireColumns(
    _ columns: MemoryView<Float>, of x: MemoryView<Float>, rows: Range<Int>
  ) {
    let (g, height) = (geometry, geometry.outputHeight)
    require(columns.count == rows.count * g.outputWidth * g.windowSize, "columns of another shape")
    require(
      x.count >= ((rows.upperBound + height - 1) / height) * g.inputSize, "inputs of another shape")
  }

  // MARK: Blocks

  /// Floats of scratch memory for up to `rows` rows of the output: a block of columns.
  func scratchFloats(rows: Int) -> Int {
    min(rows, rowsPerBlock) * geometry.outputWidth * geometry.windowSize
  }

  private var rowsPerBlock: Int {
    max(1, Self.columnFloats / (geometry.outputWidth * geometry.windowSize))
  }
}

extension ConvolutionAlgorithm {
  /// Copies windows to the rows of a matrix, in blocks that fit the L2 cache, and multiplies it by
  /// the kernel. Supports any shape.
  public static var im2col: ConvolutionAlgorithm { Im2col.algorithm }
}
