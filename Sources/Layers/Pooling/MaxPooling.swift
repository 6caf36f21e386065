internal import PinionTensor

/// The loops of max-pooling: channels innermost, so that they run as vectors.
struct MaxPooling {
  let geometry: WindowGeometry

  /// Writes the largest value of each window, and, if asked, its place: kernel row · kernel width + kernel column.
  ///
  /// x: (n, H, W, C); output and origins: (n, H′, W′, C). `Float` is compared as it is: a NaN in the first place inside the image stays.
  func forward(
    _ x: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    origins: UnsafeMutablePointer<UInt16>?, images: Int
  ) {
    let (g, channels) = (geometry, geometry.channels)
    for row in 0..<images * g.outputHeight {
      let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
      let top = outputRow * g.stride.height - g.padTop
      let inside = g.rowsInside(top: top)
      for column in 0..<g.outputWidth {
        let left = column * g.stride.width - g.padLeft
        let across = g.columnsInside(left: left)
        let place = (row * g.outputWidth + column) * channels
        let y = output + place
        var isFirst = true
        for k in inside {
          for l in across {
            let pixel = (image * g.inputHeight + top + k) * g.inputWidth + left + l
            let source = x + pixel * channels
            let origin = UInt16(k * g.kernel.width + l)
            if let origins {
              Self.raise(y, origins + place, to: source, origin, count: channels, isFirst: isFirst)
            } else {
              Self.raise(y, to: source, count: channels, isFirst: isFirst)
            }
            isFirst = false
          }
        }
      }
    }
  }

  /// Writes dy to the place that each largest value came from, sums where windows overlap, and zeros elsewhere.
  func backward(
    _ dy: UnsafePointer<Float>, origins: UnsafePointer<UInt16>, inputGradient: MemoryView<Float>,
    images: Int
  ) {
    let (g, channels) = (geometry, geometry.channels)
    inputGradient.fill(0)
    for row in 0..<images * g.outputHeight {
      let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
      let top = outputRow * g.stride.height - g.padTop
      let inside = g.rowsInside(top: top)
      for column in 0..<g.outputWidth {
        let left = column * g.stride.width - g.padLeft
        let across = g.columnsInside(left: left)
        let place = (row * g.outputWidth + column) * channels
        for k in inside {
          for l in across {
            let pixel = (image * g.inputHeight + top + k) * g.inputWidth + left + l
            let dx = inputGradient.base + pixel * channels
            let origin = UInt16(k * g.kernel.width + l)
            for c in 0..<channels where origins[place + c] == origin { dx[c] += dy[place + c] }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func raise(
    _ y: UnsafeMutablePointer<Float>, _ origins: UnsafeMutablePointer<UInt16>,
    to x: UnsafePointer<Float>, _ origin: UInt16, count: Int, isFirst: Bool
  ) {
    if isFirst {
      y.update(from: x, count: count)
      origins.update(repeating: origin, count: count)
      return
    }
    for c in 0..<count {
      let isLarger = x[c] > y[c]
      y[c] = isLarger ? x[c] : y[c]
      origins[c] = isLarger ? origin : origins[c]
    }
  }

  @inline(__always)
  private static func raise(
    _ y: UnsafeMutablePointer<Float>, to x: UnsafePointer<Float>, count: Int, isFirst: Bool
  ) {
    if isFirst {
      y.update(from: x, count: count)
      return
    }
    for c in 0..<count { y[c] = x[c] > y[c] ? x[c] : y[c] }
  }
}
