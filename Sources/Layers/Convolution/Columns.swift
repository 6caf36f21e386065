internal import CPinionKernels
internal import PinionTensor

/// Between images and matrices of columns: one row for each window, (pixels, kernel height · kernel width · channels),
/// so that a convolution is a matrix product (Chellapilla, Puri and Simard 2006).
///
/// Both kernels work on a range of *output rows* counted through the images of a call: row r is row r mod H′ of image r / H′.
enum Columns {
  /// Copies windows into columns; zeros stand for what lies outside.
  ///
  /// - Parameters:
  ///   - images: (n, H, W, C).
  ///   - columns: (rows.count · W′, K), K = kernel height · kernel width · C.
  static func gather(
    _ images: MemoryView<Float>, rows: Range<Int>, geometry: WindowGeometry,
    into columns: MemoryView<Float>
  ) {
    check(images, rows, geometry, columns)
    var windows = geometry.windows
    pinion_gather_columns(&windows, images.base, rows.lowerBound, rows.count, columns.base)
  }

  /// Adds columns back to the places in the images that they came from; what lies outside is dropped.
  ///
  /// - Parameters:
  ///   - columns: (rows.count · W′, K).
  ///   - images: (n, H, W, C), added to.
  static func scatter(
    _ columns: MemoryView<Float>, rows: Range<Int>, geometry: WindowGeometry,
    into images: MemoryView<Float>
  ) {
    check(images, rows, geometry, columns)
    var windows = geometry.windows
    pinion_scatter_columns(&windows, columns.base, rows.lowerBound, rows.count, images.base)
  }

  private static func check(
    _ images: MemoryView<Float>, _ rows: Range<Int>, _ g: WindowGeometry,
    _ columns: MemoryView<Float>
  ) {
    require(columns.count == rows.count * g.outputWidth * g.windowSize, "columns of another shape")
    require(
      images.count >= ((rows.upperBound + g.outputHeight - 1) / g.outputHeight) * g.inputSize,
      "images of another shape")
  }
}
