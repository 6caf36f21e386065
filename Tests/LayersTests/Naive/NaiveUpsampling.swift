@testable import PinionLayers
@testable import PinionTensor

/// The definition of enlarging images as plain loops, in any precision, the reference of
/// the fast one.
///
/// y[n,i,j,c] = Σ over k, l of w(i, k)·w(j, l)·x[n,k,l,c]. Nearest: w(i, k) is 1 where ⌊i/s⌋ = k,
/// else 0. Bilinear: w(i, k) = max(0, 1 − |u − k|) with u = (i + ½)/s − ½, held within the image.
struct NaiveUpsampling {
  private let input: Shape
  private let size: Size2D
  private let isLinear: Bool

  init(input: Shape, size: Size2D, isLinear: Bool) {
    (self.input, self.size, self.isLinear) = (input, size, isLinear)
  }

  private func weight(_ output: Int, _ place: Int, factor: Int, count: Int) -> Double {
    guard isLinear else { return output / factor == place ? 1 : 0 }
    let center = (Double(output) + 0.5) / Double(factor) - 0.5
    return max(0, 1 - abs(min(max(center, 0), Double(count - 1)) - Double(place)))
  }

  /// Calls `body` with each pair of an output and an input, and the weight between them.
  private func forEachPair(_ samples: Int, _ body: (_ y: Int, _ x: Int, _ weight: Double) -> Void) {
    let (height, width, channels) = (input[0], input[1], input[2])
    for row in 0..<samples * height * size.height {
      let (image, i) = row.quotientAndRemainder(dividingBy: height * size.height)
      for j in 0..<width * size.width {
        for k in 0..<height {
          for l in 0..<width {
            let weight =
              weight(i, k, factor: size.height, count: height)
              * weight(j, l, factor: size.width, count: width)
            for c in 0..<channels where weight != 0 {
              body(
                (row * width * size.width + j) * channels + c,
                ((image * height + k) * width + l) * channels + c, weight)
            }
          }
        }
      }
    }
  }

  /// Adds to y. x: (n, H, W, C); output: (n, s·H, t·W, C), zeros.
  func forward<Number: BinaryFloatingPoint>(
    _ x: UnsafePointer<Number>, output: UnsafeMutablePointer<Number>, samples: Int
  ) {
    forEachPair(samples) { y, place, weight in output[y] += Number(weight) * x[place] }
  }

  /// Adds to dx. outputGradient: like y; inputGradient: like x.
  func backward<Number: BinaryFloatingPoint>(
    _ outputGradient: UnsafePointer<Number>, inputGradient: UnsafeMutablePointer<Number>,
    samples: Int
  ) {
    forEachPair(samples) { y, place, weight in
      inputGradient[place] += Number(weight) * outputGradient[y]
    }
  }
}
