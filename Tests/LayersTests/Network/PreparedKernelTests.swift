import Testing

@testable import PinionLayers

@Suite struct PreparedKernelTests {
  /// The kernels for the gradients of a layer's inputs are prepared only if there are such
  /// gradients.
  @Test(arguments: [ConvolutionAlgorithm.shallow, .winograd, .stridedWinograd])
  func thoseOfInputGradientsAreOptional(algorithm: ConvolutionAlgorithm) throws {
    let stride: Size2D = algorithm == .stridedWinograd ? 2 : 1
    let graph = try Sequential(input: [12, 12, 16]) {
      Conv2D(16, kernel: 3, stride: stride, algorithm: algorithm)
      Flatten()
      Dense(10, activation: .softmax)
    }.graph
    func bytes(isBackward: Bool, wantsInputGradients: Bool) -> Int {
      let request = Plan.Request(
        mode: .training, batch: 32, loss: CategoricalCrossEntropy(), isBackward: isBackward,
        wantsInputGradients: wantsInputGradients)
      return Plan(graph: graph, request: request).preparedBytes
    }
    let all = bytes(isBackward: true, wantsInputGradients: true)
    let without = bytes(isBackward: true, wantsInputGradients: false)
    #expect(without < all)
    // Nor those of the dense layer, which exist only with AVX2.
    #expect(bytes(isBackward: false, wantsInputGradients: false) <= without)
  }
}
