internal import CPinionKernels
internal import PinionTensor

/// The square tiles of a convolution's outputs, the last of a row or column reaching over the
/// border where the side does not divide. They are counted row by row, then image after image.
struct OutputTiles: Sendable {
  let geometry: WindowGeometry
  /// Rows of outputs in a tile, and columns.
  let side: Int

  /// Rows of tiles of an image.
  var rows: Int { (geometry.outputHeight + side - 1) / side }

  /// Tiles of a row.
  var columns: Int { (geometry.outputWidth + side - 1) / side }

  /// Tiles of an image.
  var perImage: Int { rows * columns }

  /// The tiles of rows of tiles, both numbered across the images.
  func tiles(ofTileRows rows: Range<Int>) -> Range<Int> {
    rows.lowerBound * columns..<rows.upperBound * columns
  }

  /// The output's pixels under rows of tiles, both numbered across the images.
  func outputPixels(ofTileRows rows: Range<Int>) -> Range<Int> {
    func firstPixel(_ row: Int) -> Int {
      let (image, within) = row.quotientAndRemainder(dividingBy: self.rows)
      return (image * geometry.outputHeight + side * within) * geometry.outputWidth
    }
    return firstPixel(rows.lowerBound)..<firstPixel(rows.upperBound)
  }

  /// Requires that x (n, H, W, C) and y (n, H′, W′, F) have all images of a range of tiles.
  func check(
    _ x: MemoryView<Float>, _ y: MemoryView<Float>, filters: Int, _ tiles: Range<Int>
  ) {
    let images = (tiles.upperBound + perImage - 1) / perImage
    require(
      x.count >= images * geometry.inputSize
        && y.count >= images * geometry.outputPixels * filters,
      "inputs or outputs of another shape")
  }

  /// A block of tiles as an argument of the C kernels.
  func argument(_ block: Range<Int>) -> pinion_tiles {
    pinion_tiles(windows: geometry.windows, first: block.lowerBound, count: block.count)
  }
}
