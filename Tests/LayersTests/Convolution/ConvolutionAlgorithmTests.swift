import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Convolutions as layers, by each algorithm and by one that is not the library's.
@Suite struct ConvolutionAlgorithmTests {
  private func run(
    _ algorithm: ConvolutionAlgorithm, kernel: Size2D, channels: Int, groups: Int = 1,
    stride: Size2D = 1, batch: Int = 5,
    mode: LayerPass.Mode = .training
  ) throws -> GraphRun {
    let run = GraphRun(
      try Sequential(input: [6, 7, channels]) {
        Conv2D(
          2 * channels, kernel: kernel, stride: stride, padding: .same, groups: groups,
          activation: .leakyReLU, algorithm: algorithm)
      }.graph, batch: batch, mode: mode, threads: 2)
    run.run()
    return run
  }

  @Test(arguments: ConvolutionTable.implementations.map { $0.algorithm }, [1, 5])
  func agreesWithTheDefinition(algorithm: ConvolutionAlgorithm, batch: Int) throws {
    let channels = 17
    let groups = algorithm == .depthwise ? channels : 1
    let stride: Size2D = algorithm == .stridedWinograd ? 2 : 1
    for mode in [LayerPass.Mode.training, .inference] {
      let expected = try run(
        .direct, kernel: 3, channels: channels, groups: groups, stride: stride, batch: batch,
        mode: mode)
      let found = try run(
        algorithm, kernel: 3, channels: channels, groups: groups, stride: stride, batch: batch,
        mode: mode)
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
    #expect(throws: GraphError.self) { try run(pointwise, kernel: 1, channels: 6, groups: 2) }
  }

  @Test(arguments: [ConvolutionAlgorithm.shallow, .winograd, .stridedWinograd, .depthwise])
  func whatAnAlgorithmCannotTakeIsRefused(algorithm: ConvolutionAlgorithm) throws {
    for (dilation, groups): (Size2D, Int) in [(2, 1), (1, 2), (Size2D(1, 2), 1)] {
      let layer = Conv2D(
        4, kernel: 3, dilation: dilation, groups: groups, algorithm: algorithm)
      let error = #expect(throws: LayerError.self) { try layer.outputShape(for: [[8, 8, 4]]) }
      #expect("\(try #require(error))".contains(algorithm.rawValue))
      // Nor is it chosen.
      let automatic = Conv2D(64, kernel: 3, dilation: dilation, groups: groups)
      try expectAlgorithm(of: automatic, on: [8, 8, 64], is: Im2col.self)
    }
    try expectAlgorithm(of: Conv2D(64, kernel: 3), on: [8, 8, 64], is: Winograd.self)
    try expectAlgorithm(of: Conv2D(12, kernel: 3), on: [8, 8, 48], is: Winograd.self)
    // A sample has four tiles, and nine with a stride.
    try expectAlgorithm(of: Conv2D(64, kernel: 3), on: [8, 8, 64], batch: 4, is: Winograd.self)
    try expectAlgorithm(of: Conv2D(64, kernel: 3), on: [8, 8, 64], batch: 3, is: Im2col.self)
    try expectAlgorithm(
      of: Conv2D(64, kernel: 3, stride: 2), on: [13, 13, 64], batch: 4, is: StridedWinograd.self)
    try expectAlgorithm(
      of: Conv2D(64, kernel: 3, stride: 2), on: [13, 13, 64], batch: 3, is: Im2col.self)
    try expectAlgorithm(of: Conv2D(12, kernel: 3), on: [8, 8, 32], is: ShallowConvolution.self)
    try expectAlgorithm(of: Conv2D(64, kernel: 3), on: [8, 8, 1], is: ShallowConvolution.self)
    try expectAlgorithm(
      of: Conv2D(64, kernel: 3, groups: 32), on: [8, 8, 32], is: DepthwiseConvolution.self)
  }

  private func expectAlgorithm(
    of layer: Conv2D, on input: Shape, batch: Int = 32, is type: any ConvolutionImplementation.Type
  ) throws {
    let pass = LayerPass(
      mode: .training, inputs: [input], output: try layer.outputShape(for: [input]), batch: batch)
    let kernel = ConvolutionTable.implementation(.automatic, layer.shape(on: input), in: pass)
    #expect(ObjectIdentifier(Swift.type(of: kernel)) == ObjectIdentifier(type))
  }

  @Test func namesAreSavedAndUnknownOnesRefused() throws {
    for algorithm in ConvolutionAlgorithm.allCases {
      #expect(ConvolutionAlgorithm(rawValue: algorithm.rawValue) == algorithm)
    }
    #expect(ConvolutionAlgorithm(rawValue: "pointwise") == nil)
  }
}
