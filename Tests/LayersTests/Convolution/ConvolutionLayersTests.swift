import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// What holds for all layers that convolve.
@Suite struct ConvolutionLayersTests {
  private func chain() throws -> Graph {
    try Sequential(input: [9, 7, 6]) {
      Conv2D(6, kernel: 1, name: "first")
      DepthwiseConv2D(kernel: 3, padding: .same, depthMultiplier: 3, activation: .relu)
      Conv2D(12, kernel: 3, dilation: 2, groups: 3, activation: .tanh)
      SeparableConv2D(20, kernel: 2, padding: .same, activation: .sigmoid)
      Conv2DTranspose(16, kernel: 3, stride: 2, activation: .relu)
      DepthwiseConv2D(kernel: 3, stride: 2)
    }.graph
  }

  private func run(
    _ graph: Graph, batch: Int, mode: LayerPass.Mode = .training, threads: Int = 2
  ) -> GraphRun {
    let run = GraphRun(graph, batch: batch, mode: mode, threads: threads, noise: 0)
    run.run()
    return run
  }

  @Test(arguments: [1, 3, 33], [LayerPass.Mode.training, .inference])
  func bitsDoNotDependOnThreads(batch: Int, mode: LayerPass.Mode) throws {
    let graph = try chain()
    let bits = [1, 2, 3, 5].map { run(graph, batch: batch, mode: mode, threads: $0).bits }
    #expect(bits.dropFirst().allSatisfy { $0 == bits[0] })
  }

  /// Samples are few, and divided among threads, or many.
  @Test(arguments: [1, 4, 5, 33]) func inferenceComputesTheSame(batch: Int) throws {
    let graph = try chain()
    let expected = run(graph, batch: batch).outputs
    let found = run(graph, batch: batch, mode: .inference).outputs
    #expect(relativeDifference(found, expected) < 1e-6)
  }

  @Test func frozenLayersPassGradientsOn() throws {
    let graph = try chain()
    let names = graph.layers.map(\.name).filter { $0 != "first" }
    let frozen = try names.reduce(graph) { try $0.freezing($1) }
    let (all, some) = (run(graph, batch: 5), run(frozen, batch: 5))
    #expect(names.count == 5 && some.gradients.count == 6 * 6 + 6)
    #expect(relativeDifference(some.gradient("first/kernel"), all.gradient("first/kernel")) < 1e-6)
    #expect(relativeDifference(some.inputGradient, all.inputGradient) < 1e-6)
  }

  /// As Keras prints it.
  @Test func summary() throws {
    let lines = try Sequential(input: [16, 16, 6]) {
      Conv2D(12, kernel: 3, dilation: 2, groups: 3)
      DepthwiseConv2D(kernel: 3, padding: .same, depthMultiplier: 2)
      SeparableConv2D(20, kernel: 3, depthMultiplier: 2)
      Conv2DTranspose(7, kernel: 3, stride: 2, padding: .same, outputPadding: 0)
    }.graph.summary().split(separator: "\n")
    let rows = lines.filter { $0.contains("onv2") }.map {
      $0.split { $0 == " " || $0 == "│" }.joined(separator: " ")
    }
    #expect(
      rows == [
        "conv2d (Conv2D) (None, 12, 12, 12) 228",
        "depthwise_conv2d (DepthwiseConv2D) (None, 12, 12, 24) 240",
        "separable_conv2d (SeparableConv2D) (None, 10, 10, 20) 1,412",
        "conv2d_transpose (Conv2DTranspose) (None, 19, 19, 7) 1,267",
      ])
  }

  @Test func initializersSeeTheShapesOfKeras() throws {
    let input: [Shape] = [[9, 8, 6]]
    #expect(
      DepthwiseConv2D(kernel: Size2D(3, 2), depthMultiplier: 4).parameters(for: input)
        .map(\.shape) == [[3, 2, 6, 4], [24]])
    #expect(
      Conv2D(4, kernel: 3, groups: 2, usesBias: false).parameters(for: input).map(\.shape)
        == [[3, 3, 3, 4]])
    let separable = SeparableConv2D(5, kernel: 3, depthMultiplier: 2).parameters(for: input)
    #expect(separable.map(\.shape) == [[3, 3, 6, 2], [1, 1, 12, 5], [5]])
    #expect(separable.map(\.name) == ["depthwise_kernel", "pointwise_kernel", "bias"])
    #expect(separable.map(\.role) == [.kernel, .kernel, .bias])
    #expect(
      Conv2DTranspose(4, kernel: Size2D(3, 2)).parameters(for: input).map(\.shape)
        == [[3, 2, 4, 6], [4]])
    // Keras: √(6 / (9·16 + 9·2)).
    let deviation = VarianceScaling.glorotUniform.standardDeviation(for: [3, 3, 16, 2])
    #expect(abs(deviation * 3.0.squareRoot() - 0.192_450_089_729_875_26) < 1e-12)
  }

  struct Refused: CustomTestStringConvertible {
    let layer: any Layer
    let requirement: String
    var testDescription: String { "\(layer)" }
  }

  @Test(arguments: [
    Refused(layer: DepthwiseConv2D(kernel: 3, depthMultiplier: 0), requirement: "multiplier"),
    Refused(layer: DepthwiseConv2D(kernel: 3, depthMultiplier: .max), requirement: "multiplier"),
    Refused(layer: DepthwiseConv2D(kernel: 3, depthMultiplier: 1 << 30), requirement: "channels"),
    Refused(layer: DepthwiseConv2D(kernel: 0), requirement: "kernel"),
    Refused(layer: DepthwiseConv2D(kernel: 3, dilation: 0), requirement: "dilation"),
    Refused(layer: DepthwiseConv2D(kernel: 3, stride: 2, dilation: 2), requirement: "a stride of"),
    Refused(layer: DepthwiseConv2D(kernel: 3, dilation: 4), requirement: "the dilation (4, 4)"),
    Refused(
      layer: Conv2D(4, kernel: 3, stride: Size2D(2, 1), dilation: Size2D(1, 2)),
      requirement: "a stride of"),
    Refused(layer: Conv2D(4, kernel: 3, groups: 4), requirement: "divides the 6 channels"),
    Refused(layer: Conv2D(4, kernel: 3, groups: 3), requirement: "the 4 filters"),
    Refused(layer: Conv2D(4, kernel: 3, groups: 0), requirement: "groups"),
    Refused(layer: Conv2D(4, kernel: 3, groups: -2), requirement: "groups"),
    Refused(layer: SeparableConv2D(0, kernel: 3), requirement: "filters"),
    Refused(layer: SeparableConv2D(4, kernel: 9), requirement: "kernel"),
    Refused(layer: Conv2DTranspose(0, kernel: 3), requirement: "filters"),
    Refused(layer: Conv2DTranspose(4, kernel: 0), requirement: "kernel"),
    Refused(layer: Conv2DTranspose(4, kernel: 2, stride: .init(.max)), requirement: "stride"),
    Refused(
      layer: Conv2DTranspose(4, kernel: 2, stride: .init(Int(Int32.max))),
      requirement: "an output with"),
    Refused(
      layer: Conv2DTranspose(4, kernel: 3, stride: 2, outputPadding: 2),
      requirement: "less than the stride"),
    Refused(
      layer: Conv2DTranspose(4, kernel: 3, stride: 2, outputPadding: -1),
      requirement: "at least 0"),
    Refused(
      layer: Conv2DTranspose(4, kernel: 2, stride: 2, padding: .same, outputPadding: 0),
      requirement: "at least 1"),
  ])
  func whatMakesNoSenseIsRefused(example: Refused) throws {
    let error = #expect(throws: GraphError.self) {
      try Sequential(input: [8, 8, 6]) { [example.layer] }
    }
    let text = "\(try #require(error))"
    #expect(text.contains("conv2d") && text.contains(example.requirement), "\(text)")
  }

  /// Sums of the depthwise convolution, of the product with the other kernel, and of both
  /// gradients, in double precision.
  @Test(arguments: [1, 2], [1, 5]) func separableEqualsItsTwin(
    multiplier: Int, batch: Int
  ) throws {
    let layer = SeparableConv2D(
      7, kernel: 3, stride: 2, padding: .same, depthMultiplier: multiplier)
    let run = GraphRun(try Sequential(input: [7, 6, 17]) { layer }.graph, batch: batch, threads: 2)
    run.run()
    let first = try WindowCase(
      geometry: WindowGeometry(
        input: [7, 6, 17], kernel: 3, stride: 2, padding: .same, window: "kernel"),
      filters: 17 * multiplier, groups: 17, images: batch)
    let second = try WindowCase(
      geometry: WindowGeometry(
        input: [4, 3, 17 * multiplier], kernel: 1, stride: 1, padding: .valid, window: "kernel"),
      filters: 7, images: batch)
    let x = run.inputs.view.array.map(Double.init)
    let (d, p) = (doubles(run, "/depthwise_kernel"), doubles(run, "/pointwise_kernel"))
    let bias = doubles(run, "/bias")
    var z = [Double](repeating: 0, count: second.inputCount)
    var y = [Double](repeating: 0, count: second.outputPixels * 7)
    first.twin.forward(x, kernel: d, output: &z, rows: 0..<first.outputRows)
    second.twin.forward(z, kernel: p, output: &y, rows: 0..<second.outputRows)
    for i in y.indices { y[i] += bias[i % 7] }
    #expect(relativeError(run.outputs, y) < 1e-6)
    var (dz, dx) = (z.map { _ in 0.0 }, x.map { _ in 0.0 })
    var (dd, dp) = (d.map { _ in 0.0 }, p.map { _ in 0.0 })
    second.twin.backward(
      z, kernel: p, outputGradient: run.outputGradient, kernelGradient: &dp, inputGradient: &dz,
      images: batch)
    first.twin.backward(
      x, kernel: d, outputGradient: dz, kernelGradient: &dd, inputGradient: &dx, images: batch)
    #expect(relativeError(run.gradient("/pointwise_kernel"), dp) < 1e-6)
    #expect(relativeError(run.gradient("/depthwise_kernel"), dd) < 1e-6)
    #expect(relativeError(run.inputGradient, dx) < 1e-6)
  }

  /// The twin of the convolution that it transposes, with forward and backward pass exchanged.
  @Test(arguments: [1, 2, 3, 4], Padding.allCases) func transposedEqualsItsTwin(
    side: Int, padding: Padding
  ) throws {
    for stride: Size2D in [1, 2, Size2D(3, 1)] {
      for (batch, channels, filters) in [(1, 3, 16), (5, 17, 2), (2, 1, 1)] {
        let layer = Conv2DTranspose(
          filters, kernel: Size2D(side, 3), stride: stride, padding: padding)
        let graph = try Sequential(input: [4, 3, channels]) { layer }.graph
        let run = GraphRun(graph, batch: batch, threads: 2)
        run.run()
        let example = try WindowCase(
          geometry: WindowGeometry(
            input: graph.outputShape, kernel: layer.kernel, stride: stride, padding: padding,
            window: "kernel"),
          filters: channels, images: batch)
        #expect(example.geometry.outputHeight == 4 && example.geometry.outputWidth == 3)
        let x = run.inputs.view.array.map(Double.init)
        let (kernel, bias) = (doubles(run, "/kernel"), doubles(run, "/bias"))
        let dy = run.outputGradient
        var y = dy.map { _ in 0.0 }
        var (kernelGradient, unused) = (kernel.map { _ in 0.0 }, kernel)
        example.twin.backward(
          dy, kernel: kernel, outputGradient: x, kernelGradient: &unused, inputGradient: &y,
          images: batch)
        for i in y.indices { y[i] += bias[i % filters] }
        var (dx, unread) = (x.map { _ in 0.0 }, dy)
        example.twin.forward(dy, kernel: kernel, output: &dx, rows: 0..<example.outputRows)
        example.twin.backward(
          dy, kernel: kernel, outputGradient: x, kernelGradient: &kernelGradient,
          inputGradient: &unread, images: batch)
        #expect(relativeError(run.outputs, y) < 1e-6)
        #expect(relativeError(run.inputGradient, dx) < 1e-6)
        #expect(relativeError(run.gradient("/kernel"), kernelGradient) < 1e-6)
      }
    }
  }

  private func doubles(_ run: GraphRun, _ parameter: String) -> [Double] {
    run.parameter(parameter).map(Double.init)
  }
}
