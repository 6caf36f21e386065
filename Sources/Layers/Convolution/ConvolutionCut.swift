internal import PinionTensor

/// How the work of a convolution is cut; constants, so that results do not depend on the machine.
enum ConvolutionCut {
  /// Floats of a block of columns: with the kernel and the output's rows it stays within an L2 cache of 1 MiB.
  static let columnFloats = 98_304
  /// The largest batch whose images share threads row by row instead of going whole to one.
  static let fewImages = 4
  /// Pieces of such a batch.
  static let pieces = 8

  /// Whether the batch is cut in pieces of images.
  static func isInPieces(_ mode: LayerPass.Mode, batch: Int) -> Bool {
    mode == .inference && batch <= fewImages
  }

  /// Output rows whose columns make a block, at least one.
  static func rowsPerBlock(_ g: WindowGeometry) -> Int {
    max(1, columnFloats / (g.outputWidth * g.windowSize))
  }

  /// The floats of a block of columns for up to `rows` output rows.
  static func blockFloats(_ g: WindowGeometry, rows: Int) -> Int {
    min(rows, rowsPerBlock(g)) * g.outputWidth * g.windowSize
  }

  /// Calls `body` for blocks of nearly equal size that together make `rows`.
  static func forEachBlock(of rows: Range<Int>, _ g: WindowGeometry, _ body: (Range<Int>) -> Void) {
    let most = rowsPerBlock(g)
    let count = (rows.count + most - 1) / most
    for block in 0..<count {
      let low = rows.lowerBound + block * rows.count / count
      let high = rows.lowerBound + (block + 1) * rows.count / count
      body(low..<high)
    }
  }
}
