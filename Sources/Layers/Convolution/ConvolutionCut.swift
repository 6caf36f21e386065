internal import PinionTensor

/// How the work of a convolution is cut; constants, so that results do not depend on the machine.
enum ConvolutionCut {
  /// Floats of a block of columns: with the kernel and the output's rows it stays within an L2 cache of 1 MiB.
  static let columnFloats = 98_304
  /// The largest batch whose images share threads row by row instead of going whole to one.
  static let fewImages = 4
  /// Pieces of such a batch.
  static let pieces = 8

  /// The fewest pixels for which a block is made so small that OpenBLAS need not pack it.
  static let leastPixels = 64

  /// Output rows whose columns make a block, at least one.
  static func rowsPerBlock(_ g: WindowGeometry, filters: Int) -> Int {
    let inCache = columnFloats / (g.outputWidth * g.windowSize)
    let unpacked = BLAS.unpackedProduct / (g.windowSize * filters)
    let rows = unpacked >= leastPixels ? min(inCache, unpacked / g.outputWidth) : inCache
    return max(1, rows)
  }

  /// The floats of a block of columns for up to `rows` output rows.
  static func blockFloats(_ g: WindowGeometry, filters: Int, rows: Int) -> Int {
    min(rows, rowsPerBlock(g, filters: filters)) * g.outputWidth * g.windowSize
  }

  /// Calls `body` for blocks of nearly equal size that together make `rows`.
  static func forEachBlock(
    of rows: Range<Int>, _ g: WindowGeometry, filters: Int, _ body: (Range<Int>) -> Void
  ) {
    let most = rowsPerBlock(g, filters: filters)
    let count = (rows.count + most - 1) / most
    for block in 0..<count { body(BatchCut.part(block, of: count, in: rows)) }
  }
}
