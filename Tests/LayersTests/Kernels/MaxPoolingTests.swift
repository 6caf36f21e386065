import PinionTensor
import Testing

@testable import PinionLayers

/// Max-pooling against its twin in double precision, bit by bit: on whole numbers, which meet in ties and
/// whose sums are exact.
@Suite struct MaxPoolingTests {
  @Test func equalsItsTwin() {
    for example in WindowCase.grid {
      let g = example.geometry
      let x = Numbers(example.inputCount, "x", in: -3..<3, areWhole: true)
      let dy = Numbers(example.outputPixels * g.channels, "dy", in: -8..<8, areWhole: true)
      var expected = dy.doubles
      var gradient = [Double](repeating: 0, count: example.inputCount)
      let twin = NaiveMaxPooling(geometry: g)
      twin.forward(x.doubles, output: &expected, images: example.images)
      twin.backward(
        x.doubles, outputGradient: dy.doubles, inputGradient: &gradient, images: example.images)

      let (output, inference) = (
        Numbers.poisoned(expected.count), Numbers.poisoned(expected.count)
      )
      let fastGradient = Numbers.poisoned(example.inputCount)
      var origins = [UInt16](repeating: .max, count: expected.count)
      let pooling = MaxPooling(geometry: g)
      pooling.forward(
        x.view.base, output: output.view.base, origins: &origins, images: example.images)
      pooling.forward(
        x.view.base, output: inference.view.base, origins: nil, images: example.images)
      pooling.backward(
        dy.view.base, origins: origins, inputGradient: fastGradient.view, images: example.images)
      #expect(isEqual(output, expected), "\(example.testDescription)")
      #expect(isEqual(inference, expected), "in inference, \(example.testDescription)")
      #expect(isEqual(fastGradient, gradient), "gradient of \(example.testDescription)")
    }
  }

  private func isEqual(_ actual: AlignedBuffer, _ expected: [Double]) -> Bool {
    actual.view.array.map(Double.init) == expected
  }

  /// What the kernel says of NaN: in the first place it stays, elsewhere it counts as smaller than all; the
  /// twin agrees.
  @Test(arguments: [1, 8, 9]) func notANumber(channels: Int) throws {
    let g = try WindowGeometry(
      input: [1, 4, channels], kernel: Size2D(1, 2), stride: Size2D(1, 2), padding: .valid,
      window: "pool size")
    let x = AlignedBuffer(count: 4 * channels)
    for c in 0..<channels {
      (x.view[c], x.view[channels + c]) = (.nan, 1)
      (x.view[2 * channels + c], x.view[3 * channels + c]) = (2, .nan)
    }
    let output = AlignedBuffer(count: 2 * channels)
    MaxPooling(geometry: g).forward(
      x.view.base, output: output.view.base, origins: nil, images: 1)
    var twin = [Double](repeating: 0, count: 2 * channels)
    NaiveMaxPooling(geometry: g).forward(
      x.view.array.map(Double.init), output: &twin, images: 1)
    for c in 0..<channels {
      #expect(output.view[c].isNaN && twin[c].isNaN)
      #expect(output.view[channels + c] == 2 && twin[channels + c] == 2)
    }
  }
}
