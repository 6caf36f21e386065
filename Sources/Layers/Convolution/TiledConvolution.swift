internal import CPinionKernels
internal import PinionTensor

/// A convolution that computes square tiles of the output, in blocks, with a transformed kernel.
protocol TiledConvolution: ConvolutionImplementation {
  var geometry: WindowGeometry { get }
  var filters: Int { get }
  /// The number of samples of the batch.
  var batch: Int { get }
  var tiles: OutputTiles { get }
  /// The largest number of tiles in a block.
  var maximumTiles: Int { get }
  /// The smallest number of tiles: with fewer, reading the larger kernel dominates.
  static var minimumTiles: Int { get }

  /// Floats of the transformed kernel, and of its transpose.
  var kernelFloats: Int { get }
  var transposedKernelFloats: Int { get }
  /// Floats of scratch memory to prepare either.
  var preparationFloats: Int { get }
  /// Floats of the sums of the kernel's gradient, which are kept from call to call.
  var sumFloats: Int { get }

  init(geometry: WindowGeometry, filters: Int, batch: Int)

  /// Floats of scratch memory for blocks of up to `tiles` tiles.
  func scratchFloats(tiles: Int) -> Int

  /// Transforms the kernel, (3, 3, C, F), with each of its matrices transposed for the backward
  /// pass.
  func prepare(
    kernel: MemoryView<Float>, isTransposed: Bool, transformed: MemoryView<Float>,
    scratch: MemoryView<Float>)

  /// y = f(x ∗ g + bias) for a range of tiles, numbered across the samples; f has the given slope
  /// below zero.
  func forward(
    _ x: MemoryView<Float>, transformed: MemoryView<Float>, bias: MemoryView<Float>?, slope: Float,
    output: MemoryView<Float>, tiles range: Range<Int>, scratch: MemoryView<Float>)

  /// All gradients of a call's samples, that of the kernel to `kernelSums` if it is needed.
  func backward(
    _ context: LayerContext, transposed: MemoryView<Float>?, kernelSums: MemoryView<Float>?,
    _ epilogue: Epilogue, scratch: MemoryView<Float>)

  /// The kernel's gradient, (3, 3, C, F), from its sums.
  func finishKernelGradient(_ sums: MemoryView<Float>, into gradient: MemoryView<Float>)
}

extension TiledConvolution {
  /// The smallest number of tiles of a lane, which amortizes writing the transformed gradient of
  /// the kernel. With more, deep layers had fewer lanes than others, and barriers between them.
  private static var laneTiles: Int { 24 }
  /// The smallest number of lanes, so that all threads have work.
  private static var minimumLanes: Int { 4 }
  /// The number of pieces of few samples, each of which reads the kernel: with 4 tiles each instead
  /// of 8, 16 tiles of 64 and 128 channels took 1.2 times as long on one thread (AVX-512).
  private var pieces: Int { batch * tiles.perImage >= 32 ? 4 : 2 }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.init(geometry: shape.geometry, filters: shape.filters, batch: pass.batch)
  }

  /// Whether a pass has enough tiles for the transformed kernel, which few samples must find
  /// prepared.
  func isWorthKernel(in pass: LayerPass) -> Bool {
    pass.batch * tiles.perImage >= Self.minimumTiles
      && (!pass.dividesSamples || pass.hasConstantParameters)
  }

  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let (pass, epilogue) = (program.pass, operands.epilogue)
    let prepared = reservePreparation(of: operands, in: &program)
    let scratch = program.reserve(
      .scratch, count: scratchFloats(tiles: pass.batch * tiles.perImage))
    let minimum = min(samples(ofTiles: Self.laneTiles), max(1, batch / Self.minimumLanes))
    let preferred = samples(ofTiles: maximumTiles)
    program.forward = [
      pass.forwardPhase(
        rows: tiles.rows, pieces: pieces, minimum: minimum, preferred: preferred
      ) { context, rows in
        forward(
          context.inputs[0], transformed: context[prepared.kernel],
          bias: epilogue.biasInKernel(context), slope: epilogue.slope ?? 1,
          output: context.output, tiles: tiles.tiles(ofTileRows: rows), scratch: context[scratch])
        let pixels = tiles.outputPixels(ofTileRows: rows)
        epilogue.applyAfterKernel(
          to: pixels.lowerBound * filters..<pixels.upperBound * filters, context)
      }
    ]
    guard pass.mode == .training else { return }
    let sums = pass.isTrainable ? program.reserve(.carried, count: sumFloats) : nil
    let kernel = operands.kernel
    program.backward = [
      .samples(minimum: minimum, preferred: preferred) { context in
        backward(
          context, transposed: prepared.transposed.map { context[$0] },
          kernelSums: sums.map { context[$0] }, epilogue, scratch: context[scratch])
        if context.endsLane, let sums {
          finishKernelGradient(context[sums], into: context.gradient(of: kernel))
        }
      }
    ]
  }

  func addPreparation(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    _ = reservePreparation(of: operands, in: &program)
  }

  /// The smallest number of samples with as many tiles.
  private func samples(ofTiles count: Int) -> Int { (count + tiles.perImage - 1) / tiles.perImage }

  /// The transformed kernel, and for the input's gradient with each of its matrices transposed.
  private func reservePreparation(
    of operands: ConvolutionOperands, in program: inout LayerProgram
  ) -> (kernel: MemoryHandle<Float>, transposed: MemoryHandle<Float>?) {
    let transformed = program.reserve(.prepared, count: kernelFloats)
    let transposed =
      program.pass.wantsInputGradients
      ? program.reserve(.prepared, count: transposedKernelFloats) : nil
    let scratch = program.reserve(.scratch, count: preparationFloats)
    let kernel = operands.kernel
    program.prepare { context in
      prepare(
        kernel: context[kernel], isTransposed: false, transformed: context[transformed],
        scratch: context[scratch])
    }
    if let transposed {
      program.prepare { context in
        prepare(
          kernel: context[kernel], isTransposed: true, transformed: context[transposed],
          scratch: context[scratch])
      }
    }
    return (transformed, transposed)
  }
}

/// The square tiles of a convolution's outputs, the last of a row or column reaching over the
/// border where the side does not divide. They are counted row by row, then image after image.
struct OutputTiles: Sendable {
  let geometry: WindowGeometry
  /// Rows of outputs in a tile, and columns.
  let side: Int

  /// Rows of tiles of an image.
  var rows: Int { (geometry.outputHeight + side - 1) / side }

  /// Tiles of a row.
  var columns: Int { (geometry.outputWidth + side - 1) / side }

  /// Tiles of an image.
  var perImage: Int { rows * columns }

  /// The tiles of rows of tiles, both numbered across the images.
  func tiles(ofTileRows rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * columns..<rows.upperBound * columns
  }

  /// The output's pixels under rows of tiles, both numbered across the images.
  func outputPixels(ofTileRows rows: Range<Int>) -> Range<Int> {
    func firstPixel(_ row: Int) -> Int {
      let (image, within) = row.quotientAndRemainder(dividingBy: self.rows)
      return (image * geometry.outputHeight + side * within) * geometry.outputWidth
    }
    return firstPixel(rows.lowerBound)..<firstPixel(rows.upperBound)
  }

  /// Requires that x (n, H, W, C) and y (n, H′, W′, F) have all images of a range of tiles.
  func check(
    _ x: MemoryView<Float>, _ y: MemoryView<Float>, filters: Int, _ tiles: Range<Int>
  ) {
    let images = (tiles.upperBound + perImage - 1) / perImage
    require(
      x.count >= images * geometry.inputSize
        && y.count >= images * geometry.outputPixels * filters,
      "inputs or outputs of another shape")
  }

  /// A block of tiles as an argument of the C kernels.
  func argument(_ block: Range<Int>) -> pinion_tiles {
    pinion_tiles(windows: geometry.windows, first: block.lowerBound, count: block.count)
  }
}
