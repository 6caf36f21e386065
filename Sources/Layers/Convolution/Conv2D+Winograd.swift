internal import PinionTensor

/// A convolution's passes by Winograd's algorithm.
extension Conv2D {
  func forwardByWinograd(_ run: ConvolutionRun, _ context: LayerContext) {
    let winograd = run.winograd
    let rows = run.part(of: context.imageCount * winograd.tileRows, piece: context.piece)
    let pixels = winograd.outputPixels(ofTileRows: rows)
    let part = pixels.lowerBound * filters..<pixels.upperBound * filters
    let bias = usesBias ? context.parameters[1] : nil
    let slope = slopeInKernel
    winograd.forward(
      context.inputs[0], transformed: context.prepared[0..<winograd.kernelFloats],
      bias: slope == nil ? nil : bias, slope: slope ?? 1, output: context.output,
      tiles: rows.lowerBound * winograd.tileColumns..<rows.upperBound * winograd.tileColumns,
      scratch: context.scratch)
    if slope == nil {
      finish(
        context.output[part], bias: bias, activation: activation, width: filters, context: context,
        keptOffset: part.lowerBound)
    }
  }

  func backwardByWinograd(_ run: ConvolutionRun, _ context: LayerContext) {
    let winograd = run.winograd
    let slope = slopeInKernel
    if slope == nil { applyActivationGradient(activation, context: context, width: filters) }
    let bias = usesBias ? context.gradients[1] : nil
    if !context.accumulates { bias?.fill(0) }
    let count = winograd.kernelFloats
    winograd.backward(
      context.inputs[0], turned: context.prepared[count..<2 * count],
      gradients: Winograd.Gradients(
        output: context.outputGradient,
        outputs: activation.isIdentity || slope == nil ? nil : context.output, slope: slope ?? 1,
        bias: bias, kernelSums: context.carried, accumulates: !context.startsLane,
        input: context.inputGradients[0]),
      scratch: context.scratch)
    if context.endsLane {
      winograd.finishKernelGradient(context.carried, into: context.gradients[0])
    }
  }
}

extension Winograd {
  /// What a layer that runs by this algorithm needs.
  func describe(_ pass: LayerPass, in execution: inout Execution) {
    execution.preparedFloats = kernelFloats
    let images = WinogradCut.images(tilesPerImage: tilesPerImage, batch: pass.batch)
    execution.forward = [.images(minimum: images)]
    guard pass.mode == .training else { return }
    execution.backward = [.images(minimum: images)]
    execution.scratchFloats = max(execution.scratchFloats, 9 * geometry.channels * filters)
    execution.preparedFloats = 2 * kernelFloats
    execution.carriedFloats = sumFloats
  }
}

/// How the work of Winograd's algorithm is cut; constants, so that results do not depend on the machine.
enum WinogradCut {
  /// Floats of a block's transformed inputs and outputs together: most of an L2 cache of 1 MiB.
  static let blockFloats = 196_608
  /// The fewest tiles of a block: with less, products spend themselves on loading the kernel.
  static let least = 24
  /// The most tiles of a block.
  static let most = 64
  /// Floats between the matrices of a block, without which their rows would often share the few places that a cache has for addresses equal modulo 4 KiB.
  static let gap = 16
  /// Tiles that a lane of the batch should have, for the transformed gradient of the kernel to be worth its writing; with more, deep layers
  /// had fewer lanes than others, and barriers between.
  static let laneTiles = 24
  /// The most output pixels of a batch of which pairs of a channel and a filter that never meet are looked for.
  static let pairPixels = 256
  /// The tiles of few images from which Winograd's algorithm is worth reading its larger kernel.
  static let fewTiles = 16
  /// The parts of few images that threads share.
  static let pieces = 4
  /// The fewest lanes for which images are put together, for threads' sake.
  static let lanes = 4

  /// The tiles of a block.
  static func tiles(channels: Int, filters: Int) -> Int {
    let inCache = blockFloats / (Winograd.places * (channels + filters))
    let unpacked = max(1, BLAS.unpackedProduct / (channels * filters))
    return max(1, min(unpacked, max(least, min(most, inCache))))
  }

  /// The images from which a layer with `tilesPerImage` tiles runs well in a batch.
  static func images(tilesPerImage: Int, batch: Int) -> Int {
    min((laneTiles + tilesPerImage - 1) / tilesPerImage, max(1, batch / lanes))
  }
}
