import PinionTensor
import Testing

@testable import PinionLayers

/// Max-pooling against its twin in double precision, bit by bit: on whole numbers, which meet in
/// ties and whose sums are exact.
@Suite struct MaxPoolingTests {
  @Test func equalsItsTwin() {
    for example in WindowCase.grid {
      let g = example.geometry
      let x = Numbers(example.inputCount, "x", in: -3..<3, areWhole: true)
      let dy = Numbers(example.outputPixels * g.channels, "dy", in: -8..<8, areWhole: true)
      var expected = dy.doubles
      var gradient = [Double](repeating: 0, count: example.inputCount)
      let twin = NaiveMaxPooling(geometry: g)
      twin.forward(x.doubles, output: &expected, samples: example.images)
      twin.backward(
        x.doubles, outputGradient: dy.doubles, inputGradient: &gradient, samples: example.images)

      let (output, inference) = (
        Numbers.poisoned(expected.count), Numbers.poisoned(expected.count)
      )
      let fastGradient = Numbers.poisoned(example.inputCount)
      var origins = [UInt16](repeating: .max, count: expected.count)
      let pooling = MaxPooling(geometry: g)
      pooling.forward(
        x.view.base, output: output.view.base, origins: &origins, samples: example.images)
      pooling.forward(
        x.view.base, output: inference.view.base, origins: nil, samples: example.images)
      pooling.backward(
        dy.view.base, origins: origins, inputGradient: fastGradient.view, samples: example.images)
      #expect(isEqual(output, expected), "\(example.testDescription)")
      #expect(isEqual(inference, expected), "in inference, \(example.testDescription)")
      #expect(isEqual(fastGradient, gradient), "gradient of \(example.testDescription)")
    }
  }

  private func isEqual(_ actual: AlignedBuffer, _ expected: [Double]) -> Bool {
    actual.view.array.map(Double.init) == expected
  }

  /// One NaN or two at every position of an image, with windows that are adjacent, overlap or
  /// extend over the border: each window with one gives NaN, and its gradient goes to the first.
  @Test(arguments: [1, 8, 16, 17]) func notANumberWins(channels: Int) throws {
    let kinds: [(pool: Size2D, stride: Size2D, padding: Padding)] = [
      (2, 2, .valid), (2, 2, .same), (3, 1, .same), (3, 2, .valid), (Size2D(1, 3), 2, .same),
    ]
    for kind in kinds {
      let g = try WindowGeometry(
        input: [5, 4, channels], kernel: kind.pool, stride: kind.stride, padding: kind.padding,
        window: "pool size")
      for place in 0..<20 {
        let x = Numbers(20 * channels, "x", in: -3..<3, areWhole: true)
        for c in 0..<channels {
          x.view[place * channels + c] = .nan
          if c % 2 == 1 { x.view[(place * 7 + 3) % 20 * channels + c] = -.nan }
        }
        check(x, g, "pool \(kind.pool), stride \(kind.stride), NaN in \(place)")
      }
    }
  }

  private func check(_ x: Numbers, _ g: WindowGeometry, _ comment: Comment) {
    let count = g.outputHeight * g.outputWidth * g.channels
    let dy = Numbers(count, "dy", in: -8..<8, areWhole: true)
    var expected = dy.doubles
    var gradient = [Double](repeating: 0, count: x.view.count)
    let twin = NaiveMaxPooling(geometry: g)
    twin.forward(x.doubles, output: &expected, samples: 1)
    twin.backward(
      x.doubles, outputGradient: dy.doubles, inputGradient: &gradient, samples: 1)
    let (output, inference) = (AlignedBuffer(count: count), AlignedBuffer(count: count))
    let fastGradient = Numbers.poisoned(x.view.count)
    var origins = [UInt16](repeating: .max, count: count)
    let pooling = MaxPooling(geometry: g)
    pooling.forward(x.view.base, output: output.view.base, origins: &origins, samples: 1)
    pooling.forward(x.view.base, output: inference.view.base, origins: nil, samples: 1)
    pooling.backward(dy.view.base, origins: origins, inputGradient: fastGradient.view, samples: 1)
    for (place, right) in expected.enumerated() {
      for actual in [output.view[place], inference.view[place]] {
        #expect(right.isNaN ? actual.isNaN : Double(actual) == right, comment)
      }
    }
    #expect(isEqual(fastGradient, gradient), comment)
    // The windows, by their definition.
    for (place, right) in expected.enumerated() {
      let (pixel, c) = place.quotientAndRemainder(dividingBy: g.channels)
      let (row, column) = pixel.quotientAndRemainder(dividingBy: g.outputWidth)
      let holdsNaN = (0..<g.kernel.height).contains { k in
        (0..<g.kernel.width).contains { l in
          let i = row * g.stride.height + k - g.padTop
          let j = column * g.stride.width + l - g.padLeft
          guard (0..<g.inputHeight).contains(i), (0..<g.inputWidth).contains(j) else {
            return false
          }
          return x.view[(i * g.inputWidth + j) * g.channels + c].isNaN
        }
      }
      #expect(right.isNaN == holdsNaN, comment)
    }
  }
}
