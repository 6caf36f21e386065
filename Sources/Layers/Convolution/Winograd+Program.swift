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
