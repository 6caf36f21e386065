internal import PinionTensor

extension StridedWinograd {
  func backward(
    _ context: LayerContext, transposed: MemoryView<Float>?, kernelSums: MemoryView<Float>?,
    _ epilogue: Epilogue, scratch: MemoryView<Float>
  ) {
    epilogue.applyGradient(context)
    epilogue.addBiasGradient(context, accumulates: context.accumulates)
    backward(
      context.inputs[0], transposed: transposed,
      gradients: Gradients(
        output: context.outputGradient, kernelSums: kernelSums, accumulates: !context.startsLane,
        input: context.inputGradients[0]),
      scratch: scratch)
  }
}

/// Blocks of tiles that fit the cache, and their memory.
extension StridedWinograd {
  func scratchFloats(tiles: Int) -> Int {
    let most = min(tiles, maximumTiles)
    return max(
      searchFloats, most * elementStride + Self.sums * planeFloats(most))
  }

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
}
