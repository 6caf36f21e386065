import PinionTensor
import Testing

@testable import PinionLayers

/// Average-pooling and pooling over whole samples against their twins in double precision.
@Suite struct AveragePoolingTests {
  @Test func equalsItsTwin() {
    for example in WindowCase.grid where example.inputCount < 4_000 {
      let g = example.geometry
      let x = Numbers(example.inputCount, "x")
      let dy = Numbers(example.outputPixels * g.channels, "dy")
      var expected = dy.doubles
      var gradient = [Double](repeating: 0, count: example.inputCount)
      let twin = NaiveAveragePooling(geometry: g)
      twin.forward(x.doubles, output: &expected, samples: example.images)
      twin.backward(dy.doubles, inputGradient: &gradient, samples: example.images)
      let (output, dx) = (Numbers.poisoned(expected.count), Numbers.poisoned(x.view.count))
      let pooling = AveragePooling(geometry: g)
      pooling.forward(x.view, output: output.view, samples: example.images)
      pooling.backward(dy.view, inputGradient: dx.view, samples: example.images)
      #expect(
        relativeError(output.view.array, expected) < 1e-5, "\(example.testDescription)")
      #expect(relativeError(dx.view.array, gradient) < 1e-5, "\(example.testDescription)")
    }
  }

  static let channels = [1, 3, 7, 16, 33]

  @Test(arguments: channels, [1, 2, 33]) func globalPoolingEqualsItsTwin(
    channels: Int, samples: Int
  ) {
    for positions in [1, 2, 5, 49] {
      // Whole numbers, which meet in ties.
      let x = Numbers(samples * positions * channels, "x", in: -3..<3, areWhole: true)
      let dy = Numbers(samples * channels, "dy")
      let twin = NaiveGlobalPooling(positions: positions, channels: channels)
      let pooling = GlobalPooling([positions, channels])
      var (expected, gradient) = (dy.doubles, x.doubles)
      let (output, dx) = (Numbers.poisoned(dy.view.count), Numbers.poisoned(x.view.count))
      twin.average(x.doubles, output: &expected, samples: samples)
      twin.averageGradient(dy.doubles, inputGradient: &gradient, samples: samples)
      pooling.average(x.view, output: output.view, samples: samples)
      pooling.averageGradient(dy.view, inputGradient: dx.view, samples: samples)
      #expect(relativeError(output.view.array, expected) < 1e-6)
      #expect(relativeError(dx.view.array, gradient) < 1e-6)
      twin.largest(x.doubles, output: &expected, samples: samples)
      twin.largestGradient(
        x.doubles, outputGradient: dy.doubles, inputGradient: &gradient, samples: samples)
      pooling.largest(x.view, output: output.view, samples: samples)
      let own = AlignedBuffer(copying: dy.view)
      pooling.largestGradient(
        x.view, output: output.view, outputGradient: own.view, inputGradient: dx.view,
        samples: samples)
      #expect(output.view.array.map(Double.init) == expected)
      #expect(relativeError(dx.view.array, gradient) < 1e-6)
    }
  }

  /// NaN at every position, one or two: it is the largest value, and receives the gradient.
  @Test(arguments: channels) func notANumberWins(channels: Int) {
    let positions = 6
    let pooling = GlobalPooling([positions, channels])
    for position in 0..<positions {
      let x = Numbers(positions * channels, "x", in: -3..<3, areWhole: true)
      for c in stride(from: 0, to: channels, by: 2) {
        x.view[position * channels + c] = .nan
        if c % 4 == 2 { x.view[(position + 2) % positions * channels + c] = -.nan }
      }
      let dy = Numbers(channels, "dy")
      var gradient = x.doubles
      NaiveGlobalPooling(positions: positions, channels: channels).largestGradient(
        x.doubles, outputGradient: dy.doubles, inputGradient: &gradient, samples: 1)
      let (output, dx) = (Numbers.poisoned(channels), Numbers.poisoned(x.view.count))
      pooling.largest(x.view, output: output.view, samples: 1)
      pooling.largestGradient(
        x.view, output: output.view, outputGradient: dy.view, inputGradient: dx.view, samples: 1)
      for c in 0..<channels { #expect(output.view[c].isNaN == (c % 2 == 0)) }
      #expect(relativeError(dx.view.array, gradient) < 1e-6)
    }
  }
}
