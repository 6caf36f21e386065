internal import PinionTensor

/// The loops of max-pooling: channels innermost, so that they run as vectors.
struct MaxPooling {
  let geometry: WindowGeometry

  private typealias Values = SIMD8<Float>
  private typealias Places = SIMD8<Int32>

  /// Writes the largest value of each window, and, if asked, its place: kernel row · kernel width + kernel column.
  ///
  /// x: (n, H, W, C); output and origins: (n, H′, W′, C). Of equal values the first counts; a NaN in the first place inside the image stays.
  func forward(
    _ x: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    origins: UnsafeMutablePointer<UInt16>?, images: Int
  ) {
    let channels = geometry.channels
    forEachWindow(images: images) { window, place in
      let source = x + window.firstPixel * channels
      var c = 0
      while c + Values.scalarCount <= channels {
        var best = Self.load(source + c)
        var origin = Places(repeating: Int32(window.firstOrigin))
        forEachPixel(of: window) { offset, number in
          let value = Self.load(source + offset + c)
          let isLarger = value .> best
          best.replace(with: value, where: isLarger)
          origin.replace(with: Places(repeating: Int32(number)), where: isLarger)
        }
        Self.store(best, to: output + place + c)
        if let origins { Self.store(origin, to: origins + place + c) }
        c += Values.scalarCount
      }
      while c < channels {
        var (best, origin) = (source[c], window.firstOrigin)
        forEachPixel(of: window) { offset, number in
          if source[offset + c] > best { (best, origin) = (source[offset + c], number) }
        }
        output[place + c] = best
        origins?[place + c] = UInt16(origin)
        c += 1
      }
    }
  }

  /// Adds dy at the place that each largest value came from; everywhere else the gradient is zero.
  func backward(
    _ dy: UnsafePointer<Float>, origins: UnsafePointer<UInt16>, inputGradient: MemoryView<Float>,
    images: Int
  ) {
    let channels = geometry.channels
    inputGradient.fill(0)
    forEachWindow(images: images) { window, place in
      let target = inputGradient.base + window.firstPixel * channels
      var c = 0
      while c + Values.scalarCount <= channels {
        let gradient = Self.load(dy + place + c)
        let origin = Self.load(origins + place + c)
        forEachPixel(of: window) { offset, number in
          let part = Values.zero.replacing(
            with: gradient, where: origin .== Places(repeating: Int32(number)))
          Self.store(Self.load(target + offset + c) + part, to: target + offset + c)
        }
        c += Values.scalarCount
      }
      while c < channels {
        forEachPixel(of: window) { offset, number in
          if Int(origins[place + c]) == number { target[offset + c] += dy[place + c] }
        }
        c += 1
      }
    }
  }

  /// The part of a window that lies inside the image.
  private struct Window {
    let firstPixel: Int
    let firstOrigin: Int
    let height, width: Int
  }

  /// Calls `body` for each window, with the place of its values in the output.
  @inline(__always)
  private func forEachWindow(images: Int, _ body: (Window, _ place: Int) -> Void) {
    let g = geometry
    for row in 0..<images * g.outputHeight {
      let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
      let top = outputRow * g.stride.height - g.padTop
      let inside = g.rowsInside(top: top)
      for column in 0..<g.outputWidth {
        let left = column * g.stride.width - g.padLeft
        let across = g.columnsInside(left: left)
        let pixel =
          (image * g.inputHeight + top + inside.lowerBound) * g.inputWidth + left
          + across.lowerBound
        let window = Window(
          firstPixel: pixel,
          firstOrigin: inside.lowerBound * g.kernel.width + across.lowerBound,
          height: inside.count, width: across.count)
        body(window, (row * g.outputWidth + column) * g.channels)
      }
    }
  }

  /// Calls `body` with the distance of each pixel from the window's first, in floats, and its number in the whole window.
  @inline(__always)
  private func forEachPixel(of window: Window, _ body: (_ offset: Int, _ number: Int) -> Void) {
    for k in 0..<window.height {
      for l in 0..<window.width {
        body(
          (k * geometry.inputWidth + l) * geometry.channels,
          window.firstOrigin + k * geometry.kernel.width + l)
      }
    }
  }

  @inline(__always)
  private static func load(_ source: UnsafePointer<Float>) -> Values {
    UnsafeRawPointer(source).loadUnaligned(as: Values.self)
  }

  @inline(__always)
  private static func load(_ source: UnsafePointer<UInt16>) -> Places {
    Places(truncatingIfNeeded: UnsafeRawPointer(source).loadUnaligned(as: SIMD8<UInt16>.self))
  }

  @inline(__always)
  private static func store(_ values: Values, to target: UnsafeMutablePointer<Float>) {
    UnsafeMutableRawPointer(target).storeBytes(of: values, as: Values.self)
  }

  @inline(__always)
  private static func store(_ places: Places, to target: UnsafeMutablePointer<UInt16>) {
    UnsafeMutableRawPointer(target).storeBytes(
      of: SIMD8<UInt16>(truncatingIfNeeded: places), as: SIMD8<UInt16>.self)
  }
}
