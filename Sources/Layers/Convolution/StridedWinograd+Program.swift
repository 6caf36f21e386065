internal import CPinionKernels
internal import PinionTensor

extension StridedWinograd {
  func addPhases(of operands: ConvolutionOperands, to program: inout LayerProgram) {
    let (pass, epilogue) = (program.pass, operands.epilogue)
    let prepared = reservePreparation(of: operands, in: &program)
    let scratch = program.reserve(
      .scratch, count: scratchFloats(tiles: pass.batch * tilesPerImage))
    let minimum = min(
      (Self.minimumBlockTiles + tilesPerImage - 1) / tilesPerImage,
      max(1, batch / Self.minimumLanes))
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
        epilogue.applyGradient(context)
        epilogue.addBiasGradient(context, accumulates: context.accumulates)
        backward(
          context.inputs[0], transposed: context[transposed],
          gradients: Gradients(
            output: context.outputGradient, kernelSums: sums.map { context[$0] },
            accumulates: !context.startsLane, input: context.inputGradients[0]),
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
    let transposed =
      isTraining ? program.reserve(.prepared, count: transposedKernelFloats) : nil
    let scratch = program.reserve(.scratch, count: preparationFloats)
    let kernel = operands.kernel
    program.prepare { context in
      prepare(kernel: context[kernel], transformed: context[transformed], scratch: context[scratch])
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

/// Tiles and blocks of them.
extension StridedWinograd {
  var channels: Int { geometry.channels }

  /// Rows of tiles of an image.
  var tileRows: Int { (geometry.outputHeight + 1) / 2 }

  /// Tiles of a row.
  var tileColumns: Int { (geometry.outputWidth + 1) / 2 }

  var tilesPerImage: Int { tileRows * tileColumns }

  /// The output's pixels under rows of tiles, both numbered across the samples.
  func outputPixels(ofTileRows rows: Range<Int>) -> Range<Int> {
    func firstPixel(_ row: Int) -> Int {
      let (image, within) = row.quotientAndRemainder(dividingBy: tileRows)
      return (image * geometry.outputHeight + 2 * within) * geometry.outputWidth
    }
    return firstPixel(rows.lowerBound)..<firstPixel(rows.upperBound)
  }

  /// A block of tiles as an argument of the C kernels.
  func passTiles(_ block: Range<Int>) -> pinion_strided_tiles {
    pinion_strided_tiles(
      height: geometry.inputHeight, width: geometry.inputWidth,
      output_height: geometry.outputHeight, output_width: geometry.outputWidth,
      pad_top: geometry.padTop, pad_left: geometry.padLeft, first: block.lowerBound,
      count: block.count)
  }

  func check(_ x: MemoryView<Float>, _ y: MemoryView<Float>, _ tiles: Range<Int>) {
    let images = (tiles.upperBound + tilesPerImage - 1) / tilesPerImage
    require(
      x.count >= images * geometry.inputSize
        && y.count >= images * geometry.outputPixels * filters,
      "inputs or outputs of another shape")
  }

  /// Floats of scratch memory for blocks of up to `tiles` tiles.
  func scratchFloats(tiles: Int) -> Int {
    let most = min(tiles, maximumTiles)
    return max(
      searchFloats, most * elementStride + Self.sums * planeFloats(most))
  }

  /// The largest number of tiles in a block.
  var maximumTiles: Int {
    let inCache = Self.blockFloats / (Self.elements * channels + Self.sums * filters)
    return max(Self.minimumBlockTiles, min(Self.maximumBlockTiles, inCache))
  }

  /// Floats from one sum of a block to the next.
  func planeFloats(_ tiles: Int) -> Int { tiles * sumStride + Self.planeGap }

  /// Floats from the elements of a tile to those of the next.
  var elementStride: Int {
    TransposedProduct.stride(of: channels) - channels + Self.elements * channels
  }

  /// Floats from one row of a sum to the next.
  var sumStride: Int { TransposedProduct.stride(of: filters) }

  /// A block's transformed inputs, (tiles, 25, C), and its sums, (9, tiles, F).
  func blockMemory(
    _ tiles: Int, _ scratch: MemoryView<Float>
  ) -> (MemoryView<Float>, MemoryView<Float>) {
    let inputs = tiles * elementStride
    return (
      scratch[0..<inputs], scratch[inputs..<inputs + Self.sums * planeFloats(tiles)]
    )
  }

  func forEachBlock(of tiles: Range<Int>, _ body: (Range<Int>) -> Void) {
    let most = maximumTiles
    let count = (tiles.count + most - 1) / most
    for block in 0..<count { body(BatchPartition.part(block, of: count, in: tiles)) }
  }
}
