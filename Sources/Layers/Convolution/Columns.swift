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
    _ images: MemoryView<Float>, rows: Range<Int>, geometry g: WindowGeometry,
    into columns: MemoryView<Float>
  ) {
    precondition(columns.count == rows.count * g.outputWidth * g.windowSize)
    precondition(
      images.count >= ((rows.upperBound + g.outputHeight - 1) / g.outputHeight) * g.inputSize)
    let rowFloats = g.kernel.width * g.channels
    let inputRow = g.inputWidth * g.channels
    var column = columns.base
    for row in rows {
      let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
      let source = images.base + image * g.inputSize
      let top = outputRow * g.stride.height - g.padTop
      let inside = g.rowsInside(top: top)
      for outputColumn in 0..<g.outputWidth {
        let left = outputColumn * g.stride.width - g.padLeft
        let across = g.columnsInside(left: left)
        for kernelRow in 0..<g.kernel.height {
          let target = column + kernelRow * rowFloats
          guard inside.contains(kernelRow) else {
            target.update(repeating: 0, count: rowFloats)
            continue
          }
          let line = source + (top + kernelRow) * inputRow
          if across.count == g.kernel.width {
            copy(line + left * g.channels, to: target, count: rowFloats)
          } else {
            let before = across.lowerBound * g.channels
            let count = across.count * g.channels
            target.update(repeating: 0, count: before)
            copy(line + (left + across.lowerBound) * g.channels, to: target + before, count: count)
            (target + before + count).update(repeating: 0, count: rowFloats - before - count)
          }
        }
        column += g.windowSize
      }
    }
  }

  /// Adds columns back to the places in the images that they came from; what lies outside is dropped.
  ///
  /// - Parameters:
  ///   - columns: (rows.count · W′, K).
  ///   - images: (n, H, W, C), added to.
  static func scatter(
    _ columns: MemoryView<Float>, rows: Range<Int>, geometry g: WindowGeometry,
    into images: MemoryView<Float>
  ) {
    precondition(columns.count == rows.count * g.outputWidth * g.windowSize)
    precondition(
      images.count >= ((rows.upperBound + g.outputHeight - 1) / g.outputHeight) * g.inputSize)
    let rowFloats = g.kernel.width * g.channels
    let inputRow = g.inputWidth * g.channels
    var column = columns.base
    for row in rows {
      let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
      let target = images.base + image * g.inputSize
      let top = outputRow * g.stride.height - g.padTop
      let inside = g.rowsInside(top: top)
      for outputColumn in 0..<g.outputWidth {
        let left = outputColumn * g.stride.width - g.padLeft
        let across = g.columnsInside(left: left)
        let before = across.lowerBound * g.channels
        let count = across.count * g.channels
        for kernelRow in inside {
          let line = target + (top + kernelRow) * inputRow + (left + across.lowerBound) * g.channels
          let source = column + kernelRow * rowFloats + before
          for i in 0..<count { line[i] += source[i] }
        }
        column += g.windowSize
      }
    }
  }

  /// Runs of some channels of a few pixels cost less in line than the call of `memcpy`.
  @inline(__always)
  private static func copy(
    _ source: UnsafeMutablePointer<Float>, to target: UnsafeMutablePointer<Float>, count: Int
  ) {
    typealias Vector = SIMD8<Float>
    guard count < 512 else { return target.update(from: source, count: count) }
    var i = 0
    while i + Vector.scalarCount <= count {
      UnsafeMutableRawPointer(target + i).storeBytes(
        of: UnsafeRawPointer(source + i).loadUnaligned(as: Vector.self), as: Vector.self)
      i += Vector.scalarCount
    }
    while i < count {
      target[i] = source[i]
      i += 1
    }
  }
}
