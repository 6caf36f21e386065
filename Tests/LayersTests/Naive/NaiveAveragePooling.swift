@testable import PinionLayers

/// The definition of average-pooling as plain loops, in any precision, the reference of
/// the fast one.
///
/// y[n,i,j,c] = mean over k, l inside the image of x[n, i·s + k − top, j·s + l − left, c].
struct NaiveAveragePooling {
  private let g: WindowGeometry

  init(geometry: WindowGeometry) { g = geometry }

  /// Writes y. x: (n, H, W, C); output: (n, H′, W′, C).
  func forward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, output: UnsafeMutablePointer<Number>, samples: Int
  ) {
    forEachOutput(samples: samples) { place, window in
      output[place] = window.reduce(0) { $0 + x[$1] } / Number(window.count)
    }
  }

  /// Adds dy / count to dx at each value of a window. outputGradient: like y; inputGradient: like
  /// x.
  func backward<Number: BinaryFloatingPoint>(
    _ outputGradient: UnsafePointer<Number>, inputGradient: UnsafeMutablePointer<Number>,
    samples: Int
  ) {
    forEachOutput(samples: samples) { place, window in
      for value in window { inputGradient[value] += outputGradient[place] / Number(window.count) }
    }
  }

  /// Calls `body` with each place in the output and the places in the input under its window.
  private func forEachOutput(samples: Int, _ body: (_ place: Int, _ window: [Int]) -> Void) {
    for row in 0..<samples * g.outputHeight {
      let (image, outputRow) = row.quotientAndRemainder(dividingBy: g.outputHeight)
      for column in 0..<g.outputWidth {
        for c in 0..<g.channels {
          var window: [Int] = []
          for k in 0..<g.kernel.height {
            let i = outputRow * g.stride.height + k - g.padTop
            guard i >= 0, i < g.inputHeight else { continue }
            for l in 0..<g.kernel.width {
              let j = column * g.stride.width + l - g.padLeft
              guard j >= 0, j < g.inputWidth else { continue }
              window.append(((image * g.inputHeight + i) * g.inputWidth + j) * g.channels + c)
            }
          }
          body((row * g.outputWidth + column) * g.channels + c, window)
        }
      }
    }
  }
}
