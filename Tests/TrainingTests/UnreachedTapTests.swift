import Pinion
import Testing

/// Kernel values that only ever meet padding, or gradients that are zero, stay exactly where they
/// are.
@Suite struct UnreachedTapTests {
  /// For a 3 × 3 kernel on maps of 2 × 2 of which only the first pixel is used, five taps are over
  /// the border, with a stride of 2 those on the other side; Adam, which divides by the gradient's
  /// magnitude, would make steps of a thousandth from their rounding errors.
  @Test(arguments: ConvolutionAlgorithm.allCases.filter { $0 != .depthwise })
  func tapsOverThePaddingStay(algorithm: ConvolutionAlgorithm) throws {
    let (stride, outside): (Size2D, Int) = algorithm == .stridedWinograd ? (2, 2) : (1, 0)
    let model = try Model(
      Sequential(input: [2, 2, 16]) {
        Conv2D(
          16, kernel: 3, stride: stride, padding: .same, algorithm: algorithm, name: "first")
        Conv2D(8, kernel: 1, stride: 2)
        Flatten()
        Dense(4, activation: .softmax)
      }, seed: 4, threads: 2)
    let samples = 33
    let inputs = Tensor.uniform(
      shape: [5 * samples, 2, 2, 16], from: RandomStream(seed: 2, purpose: "images"))
    let data = try ArrayDataset(
      inputs: inputs, labels: (0..<5 * samples).map { $0 * 7 % 4 }, classes: 4)
    let before = try #require(model.weights["first/kernel"]).array
    try model.fit(data, epochs: 1, batchSize: samples, verbose: false)
    let after = try #require(model.weights["first/kernel"]).array
    for (i, (b, a)) in zip(before, after).enumerated() {
      let tap = i / (16 * 16)
      let isOverPadding = tap / 3 == outside || tap % 3 == outside
      #expect((a == b) == isOverPadding, "value \(i) of tap \(tap): \(b), then \(a)")
    }
  }
}
