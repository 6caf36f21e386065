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
    _ context: LayerContext, transposed: MemoryView<Float>, kernelSums: MemoryView<Float>?,
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
  /// The smallest number of tiles of few samples: with fewer, reading the larger kernel dominates.
  private static var minimumTilesOfFewSamples: Int { 16 }
  /// The number of pieces of a batch of few samples.
  private static var pieces: Int { 4 }

  init(_ shape: ConvolutionShape, in pass: LayerPass) {
    self.init(geometry: shape.geometry, filters: shape.filters, batch: pass.batch)
  }

  /// Whether a pass has enough samples or tiles for the transformed kernel, which few samples must
  /// find prepared.
  func isWorthKernel(in pass: LayerPass) -> Bool {
    !pass.dividesSamples
      || pass.hasConstantParameters
        && pass.batch * tiles.perImage >= Self.minimumTilesOfFewSamples
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
        rows: tiles.rows, pieces: Self.pieces, minimum: minimum, preferred: preferred
      ) { context, rows in
        forward(
          context.inputs[0], transformed: context[prepared.kernel],
          bias: epilogue.biasInKernel(context), slope: epilogue.slope ?? 1,
          output: context.output, tiles: tiles.tiles(ofTileRows: rows), scratch: context[scratch])
        guard epilogue.slope == nil else { return }
        let pixels = tiles.outputPixels(ofTileRows: rows)
        epilogue.apply(to: pixels.lowerBound * filters..<pixels.upperBound * filters, context)
      }
    ]
    guard let transposed = prepared.transposed else { return }
    let sums = pass.isTrainable ? program.reserve(.carried, count: sumFloats) : nil
    let kernel = operands.kernel
    program.backward = [
      .samples(minimum: minimum, preferred: preferred) { context in
        backward(
          context, transposed: context[transposed], kernelSums: sums.map { context[$0] }, epilogue,
          scratch: context[scratch])
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

  /// The transformed kernel, and in training with each of its matrices transposed.
  private func reservePreparation(
    of operands: ConvolutionOperands, in program: inout LayerProgram
  ) -> (kernel: MemoryHandle<Float>, transposed: MemoryHandle<Float>?) {
    let isTraining = program.pass.mode == .training
    let transformed = program.reserve(.prepared, count: kernelFloats)
    let transposed =
      isTraining ? program.reserve(.prepared, count: transposedKernelFloats) : nil
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
