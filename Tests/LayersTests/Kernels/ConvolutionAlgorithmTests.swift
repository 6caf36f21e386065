import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Convolutions as layers, by each algorithm and by one that is not the library's.
@Suite struct ConvolutionAlgorithmTests {
  private func run(
    _ algorithm: ConvolutionAlgorithm, kernel: Size2D, channels: Int, batch: Int = 5,
    mode: LayerPass.Mode = .training
  ) throws -> GraphRun {
    let run = GraphRun(
      try Sequential(input: [6, 7, channels]) {
        Conv2D(
          18, kernel: kernel, padding: .same, activation: .leakyReLU, algorithm: algorithm)
      }.graph, batch: batch, mode: mode, threads: 2)
    run.run()
    return run
  }

  @Test(arguments: ConvolutionTable.kernels.map { $0.algorithm }, [1, 5])
  func agreesWithTheDefinition(algorithm: ConvolutionAlgorithm, batch: Int) throws {
    let channels = algorithm == .shallow ? 3 : 17
    for mode in [LayerPass.Mode.training, .inference] {
      let expected = try run(.direct, kernel: 3, channels: channels, batch: batch, mode: mode)
      let found = try run(algorithm, kernel: 3, channels: channels, batch: batch, mode: mode)
      #expect(relativeDifference(found.outputs, expected.outputs) < 1e-5)
      guard mode == .training else { continue }
      #expect(relativeDifference(found.gradients, expected.gradients) < 1e-5)
      #expect(relativeDifference(found.inputGradient, expected.inputGradient) < 1e-5)
    }
  }

  @Test func anAlgorithmIsOneTypeAndOneRow() throws {
    let pointwise = PointwiseConvolution.algorithm
    let (expected, found) = (
      try run(.direct, kernel: 1, channels: 17), try run(pointwise, kernel: 1, channels: 17)
    )
    #expect(relativeDifference(found.outputs, expected.outputs) < 1e-5)
    #expect(relativeDifference(found.gradients, expected.gradients) < 1e-5)
    #expect(relativeDifference(found.inputGradient, expected.inputGradient) < 1e-5)
    let check = try checkGradients(
      of: Conv2D(4, kernel: 1, activation: .tanh, algorithm: pointwise), input: [3, 4, 5])
    #expect(check.isPassed, "\(check)")
    #expect(throws: GraphError.self) { try run(pointwise, kernel: 3, channels: 17) }
  }

  @Test func namesAreSavedAndUnknownOnesRefused() throws {
    for algorithm in ConvolutionAlgorithm.allCases {
      #expect(ConvolutionAlgorithm(rawValue: algorithm.rawValue) == algorithm)
    }
    #expect(ConvolutionAlgorithm(rawValue: "pointwise") == nil)
  }
}
