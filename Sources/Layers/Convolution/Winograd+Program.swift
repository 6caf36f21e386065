internal import CPinionKernels
internal import PinionTensor

extension Winograd {
  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let (pass, epilogue) = (program.pass, operands.epilogue)
    let prepared = reservePreparation(of: operands, in: &program)
    let scratch = program.reserve(
      .scratch, count: scratchFloats(tiles: pass.batch * tilesPerImage))
    let minimum = min(
      (Self.laneTiles + tilesPerImage - 1) / tilesPerImage, max(1, batch / Self.minimumLanes))
    let preferred = (maximumTiles + tilesPerImage - 1) / tilesPerImage
    program.forward = [
      pass.forwardPhase(
        rows: tileRows, pieces: Self.pieces, minimum: minimum, preferred: preferred
      ) { context, rows in
        forward(
          context.inputs[0], transformed: context[prepared.kernel],
          bias: epilogue.biasInKernel(context), slope: epilogue.slope ?? 1,
          output: context.output,
          tiles: rows.lowerBound * tileColumns..<rows.upperBound * tileColumns,
          scratch: context[scratch])
        guard epilogue.slope == nil else { return }
        let pixels = outputPixels(ofTileRows: rows)
        epilogue.apply(to: pixels.lowerBound * filters..<pixels.upperBound * filters, context)
      }
    ]
    guard let transposed = prepared.transposed else { return }
    let sums = pass.isTrainable ? program.reserve(.carried, count: sumFloats) : nil
    let kernel = operands.kernel
    program.backward = [
      .samples(minimum: minimum, preferred: preferred) { context in
        if epilogue.slope == nil { epilogue.applyGradient(context) }
        backward(
          context.inputs[0], transposed: context[transposed],
          gradients: Gradients(
            output: context.outputGradient, outputs: epilogue.outputInKernel(context),
            slope: epilogue.slope ?? 1,
            bias: epilogue.biasGradientInKernel(context, accumulates: context.accumulates),
            kernelSums: sums.map { context[$0] }, accumulates: !context.startsLane,
            input: context.inputGradients[0]),
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

  /// The transformed kernel, and in training with each of its matrices transposed.
  private func reservePreparation(
    of operands: ConvolutionOperands, in program: inout LayerProgram
  ) -> (kernel: MemoryHandle<Float>, transposed: MemoryHandle<Float>?) {
    let isTraining = program.pass.mode == .training
    let transformed = program.reserve(.prepared, count: kernelFloats)
    let transposed = isTraining ? program.reserve(.prepared, count: kernelFloats) : nil
    let scratch = program.reserve(.scratch, count: preparationFloats)
    let kernel = operands.kernel
    program.prepare { context in
      prepare(
        kernel: context[kernel], transformed: context[transformed], scratch: context[scratch])
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

/// Blocks of tiles that fit the cache, and their memory.
extension Winograd {
  /// Floats of scratch memory for blocks of up to `tiles` tiles.
  func scratchFloats(tiles: Int) -> Int {
    let most = min(tiles, maximumTiles)
    let rows = TransposedProduct.stride(of: channels) + TransposedProduct.stride(of: filters)
    return max(searchFloats, headFloats + Self.places * (most * rows + 2 * Self.planeGap))
  }

  /// The largest number of tiles in a block.
  var maximumTiles: Int {
    if !BLAS.hasSmallKernels {
      let isLarge = channels * filters >= Self.largeKernel
      return isLarge ? Self.maximumTilesOfLargeKernels : Self.maximumBlockTiles
    }
    let inCache = Self.blockFloats / (Self.places * (channels + filters))
    let unpacked = max(1, BLAS.unpackedProduct / (channels * filters))
    return max(
      1, min(unpacked, max(Self.minimumBlockTiles, min(Self.maximumBlockTiles, inCache))))
  }

  /// Floats of ``bits(_:)`` of a block's tiles.
  private var bitFloats: Int { 2 * 2 * maximumTiles }

  /// Floats before a block's matrices: of ``bits(_:)``, then of ``occurring(_:)``.
  private var headFloats: Int { bitFloats + (channels + filters + 15) / 16 * 16 }

  /// Bit masks for each tile of a block: the outputs that are sums of zeros, and the inputs that
  /// have a gradient.
  func bits(_ scratch: MemoryView<Float>) -> (
    zeros: UnsafeMutablePointer<UInt64>, reached: UnsafeMutablePointer<UInt64>
  ) {
    let words = scratch[0..<bitFloats].rebound(to: UInt64.self)
    return (words.base, words.base + words.count / 2)
  }

  /// For each channel, then each filter, whether a value of the call is not zero: all ones, or 0.
  func occurring(_ scratch: MemoryView<Float>) -> MemoryView<Int32> {
    scratch[bitFloats..<bitFloats + channels + filters].rebound(to: Int32.self)
  }

  /// The 36 matrices of a block, `distance` floats apart, and their rows `stride` floats.
  struct Planes {
    let base: UnsafeMutablePointer<Float>
    let distance: Int
    let stride: Int
    subscript(place: Int) -> UnsafeMutablePointer<Float> { base + place * distance }
  }

  func planes(_ tiles: Int, _ scratch: MemoryView<Float>) -> (Planes, Planes) {
    let (input, output) = (
      TransposedProduct.stride(of: channels), TransposedProduct.stride(of: filters)
    )
    let (first, second) = (tiles * input + Self.planeGap, tiles * output + Self.planeGap)
    require(scratch.count >= headFloats + Self.places * (first + second), "too little scratch")
    let base = scratch.base + headFloats
    return (
      Planes(base: base, distance: first, stride: input),
      Planes(base: base + Self.places * first, distance: second, stride: output)
    )
  }

  /// A block of tiles and its planes, as an argument of the C kernels.
  func passTiles(_ block: Range<Int>, _ planes: Planes) -> pinion_winograd_tiles {
    pinion_winograd_tiles(
      geometry: shape, first: block.lowerBound, count: block.count, plane: planes.distance,
      stride: planes.stride)
  }

  func forEachBlock(of tiles: Range<Int>, _ body: (Range<Int>) -> Void) {
    let most = maximumTiles
    let count = (tiles.count + most - 1) / most
    for block in 0..<count { body(BatchPartition.part(block, of: count, in: tiles)) }
  }

  func check(_ x: MemoryView<Float>, _ y: MemoryView<Float>, _ tiles: Range<Int>) {
    let images = (tiles.upperBound + tilesPerImage - 1) / tilesPerImage
    require(
      x.count >= images * geometry.inputSize
        && y.count >= images * geometry.outputPixels * filters,
      "inputs or outputs of another shape")
  }
}
