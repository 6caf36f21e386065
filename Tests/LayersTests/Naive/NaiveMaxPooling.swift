@testable import PinionLayers

/// The definition of max-pooling as plain loops, in any precision, the reference of the
/// fast one.
///
/// y[n,i,j,c] = max over k, l inside the image of x[n, i·s + k − top, j·s + l − left, c], NaN if
/// one is.
struct NaiveMaxPooling {
  private let g: WindowGeometry

  init(geometry: WindowGeometry) { g = geometry }

  /// Writes y. x: (n, H, W, C); output: (n, H′, W′, C).
  func forward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, output: UnsafeMutablePointer<Number>, samples: Int
  ) {
    forEachLargest(x, samples: samples) { place, largest in output[place] = x[largest] }
  }

  /// NaN is larger than any number, and not than another NaN.
  private static func isLarger<Number: BinaryFloatingPoint>(
    _ value: Number, than other: Number
  ) -> Bool { value > other || (value.isNaN && !other.isNaN) }

  /// Adds dy to dx at the first of the largest values of each window. outputGradient: like y;
  /// inputGradient: like x.
  func backward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, outputGradient: UnsafePointer<Number>,
    inputGradient: UnsafeMutablePointer<Number>, samples: Int
  ) {
    forEachLargest(x, samples: samples) { place, largest in
      inputGradient[largest] += outputGradient[place]
    }
  }

  /// Calls `body` with each place in the output and the place in the input of the window's largest
  /// value.
  private func forEachLargest<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, samples: Int, _ body: (_ place: Int, _ largest: Int) -> Void
  ) {
    for row in 0..<samples * g.outputHeight {
      let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
      for column in 0..<g.outputWidth {
        for c in 0..<g.channels {
          var largest: Int?
          for k in 0..<g.kernel.height {
            let i = outputRow * g.stride.height + k - g.padTop
            guard i >= 0, i < g.inputHeight else { continue }
            for l in 0..<g.kernel.width {
              let j = column * g.stride.width + l - g.padLeft
              guard j >= 0, j < g.inputWidth else { continue }
              let place = ((image * g.inputHeight + i) * g.inputWidth + j) * g.channels + c
              if largest.map({ Self.isLarger(x[place], than: x[$0]) }) ?? true { largest = place }
            }
          }
          if let largest { body((row * g.outputWidth + column) * g.channels + c, largest) }
        }
      }
    }
  }
}
