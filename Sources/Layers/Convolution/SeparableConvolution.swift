internal import PinionTensor

/// A depthwise and a 1 × 1 convolution: x (n, H, W, C) → z (n, H′, W′, C·m) → y (n, H′, W′, F).
struct SeparableConvolution: Sendable {
  /// The number of pieces of a batch of few samples.
  private static let pieces = 8

  private let depthwise: DepthwiseConvolution
  private let pointwise: Im2col
  private let filters: Int

  init(depthwise: DepthwiseConvolution, filters: Int) {
    self.depthwise = depthwise
    self.filters = filters
    let g = depthwise.geometry
    pointwise = Im2col(
      geometry: WindowGeometry(
        checked: [g.outputHeight, g.outputWidth, g.channels * depthwise.multiplier], kernel: 1,
        stride: 1, padding: .valid),
      filters: filters)
  }

  func addPhases(
    depthwiseKernel: ParameterHandle, pointwiseKernel: ParameterHandle, epilogue: Epilogue,
    to program: inout LayerProgram
  ) {
    let pass = program.pass
    let g = depthwise.geometry
    let size = pointwise.geometry.inputSize
    program.operations =
      2 * (g.outputPixels * depthwise.multiplier * g.windowSize + size * filters)
    let scratch = program.reserve(.scratch, count: depthwise.scratchFloats)
    let kept = pass.mode == .training ? program.reserve(.kept, count: size) : nil
    // In inference z of up to as many rows as a sample has; in training dz of a sample.
    let sample = program.reserve(.scratch, count: size)
    let (rowSize, width) = (depthwise.rowSize, g.outputWidth * filters)
    program.forward = [
      pass.forwardPhase(rows: g.outputHeight, pieces: Self.pieces) { context, rows in
        for first in stride(from: rows.lowerBound, to: rows.upperBound, by: g.outputHeight) {
          let part = first..<min(first + g.outputHeight, rows.upperBound)
          let z =
            kept.map { context[$0][part.lowerBound * rowSize..<part.upperBound * rowSize] }
            ?? context[sample][0..<part.count * rowSize]
          depthwise.forward(
            context.inputs[0], kernel: context[depthwiseKernel], bias: nil, slope: 1, rows: part,
            into: z, scratch: context[scratch])
          pointwise.forward(
            z, kernel: context[pointwiseKernel],
            output: context.output[part.lowerBound * width..<part.upperBound * width],
            rows: 0..<part.count, scratch: .empty
          ) { block in
            let (low, high) = (first + block.lowerBound, first + block.upperBound)
            epilogue.apply(to: low * width..<high * width, context)
          }
        }
      }
    ]
    guard let kept else { return }
    program.backward = [
      .samples { context in
        epilogue.applyGradient(context)
        epilogue.addBiasGradient(context, accumulates: context.accumulates)
        let depthwiseGradient = pass.isTrainable ? context.gradient(of: depthwiseKernel) : nil
        if !context.accumulates { depthwiseGradient?.fill(0) }
        for n in 0..<context.sampleCount {
          pointwise.backward(
            context[kept][n * size..<(n + 1) * size], kernel: context[pointwiseKernel],
            outputGradient: part(n, of: context.outputGradient, context),
            kernelGradient: pass.isTrainable ? context.gradient(of: pointwiseKernel) : nil,
            accumulates: context.accumulates || n > 0, inputGradient: context[sample],
            scratch: .empty)
          depthwise.backward(
            part(n, of: context.inputs[0], context), kernel: context[depthwiseKernel],
            outputGradient: context[sample], kernelGradient: depthwiseGradient,
            inputGradient: context.inputGradients[0].map { part(n, of: $0, context) },
            scratch: context[scratch])
        }
      }
    ]
  }

  /// The part of a value that belongs to the n-th sample of a call.
  private func part(
    _ n: Int, of values: MemoryView<Float>, _ context: LayerContext
  ) -> MemoryView<Float> {
    let size = values.count / context.sampleCount
    return values[n * size..<(n + 1) * size]
  }
}
