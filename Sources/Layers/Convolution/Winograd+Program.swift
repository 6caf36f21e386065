internal import CPinionKernels
internal import PinionTensor

extension Winograd {
  func backward(
    _ context: LayerContext, transposed: MemoryView<Float>?, kernelSums: MemoryView<Float>?,
    _ epilogue: Epilogue, scratch: MemoryView<Float>
  ) {
    if epilogue.slope == nil { epilogue.applyGradient(context) }
    backward(
      context.inputs[0], transposed: transposed,
      gradients: Gradients(
        output: context.outputGradient, outputs: epilogue.outputInKernel(context),
        slope: epilogue.slope ?? 1,
        bias: epilogue.biasGradientInKernel(context, accumulates: context.accumulates),
        kernelSums: kernelSums, accumulates: !context.startsLane, input: context.inputGradients[0]),
      scratch: scratch)
  }
}

/// Blocks of tiles that fit the cache, and their memory.
extension Winograd {
  func scratchFloats(tiles: Int) -> Int {
    let most = min(tiles, maximumTiles)
    let rows = TransposedProduct.stride(of: channels) + TransposedProduct.stride(of: filters)
    return max(searchFloats, headFloats + Self.places * (most * rows + 2 * Self.planeGap))
  }

  var maximumTiles: Int {
    if BLAS.hasSmallKernels {
      let inCache = Self.blockFloats / (Self.places * (channels + filters))
      return max(Self.minimumBlockTiles, min(Self.maximumBlockTiles, inCache))
    }
    let isLarge = channels * filters >= Self.largeKernel
    return isLarge ? Self.maximumTilesOfLargeKernels : Self.maximumBlockTiles
  }

  /// Floats of ``bits(_:)`` of a block's tiles.
  private var bitFloats: Int { 2 * 2 * maximumTiles }

  /// Floats before a block's matrices: of ``bits(_:)``, on a cache line.
  private var headFloats: Int { (bitFloats + 15) / 16 * 16 }

  /// Bit masks for each tile of a block: the outputs that are sums of zeros, and the inputs that
  /// have a gradient.
  func bits(_ scratch: MemoryView<Float>) -> (
    zeros: UnsafeMutablePointer<UInt64>, reached: UnsafeMutablePointer<UInt64>
  ) {
    let words = scratch[0..<bitFloats].rebound(to: UInt64.self)
    return (words.base, words.base + words.count / 2)
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
      block: tiles.argument(block), plane: planes.distance, stride: planes.stride)
  }
}
