import PinionTensor
import Testing

@testable import PinionLayers

/// A NaN anywhere in a sample propagates to the output, through comparisons, bounds and rectifiers
/// too.
@Suite struct NotANumberTests {
  struct Case: CustomTestStringConvertible {
    let layers: [any Layer]
    let shape: Shape
    var testDescription: String { "\(layers) on \(shape)" }
  }

  private static let activations: [any ActivationFunction] = [
    Linear(), ReLU(), LeakyReLU(), Sigmoid(), Tanh(), Softmax(), LogSoftmax(), Softsign(),
    Softplus(), Exponential(), SiLU(), Mish(), GELU(), GELU(approximate: true), ELU(), CELU(),
    SELU(), ReLU6(), HardSigmoid(), HardSwish(),
  ]

  static let cases: [Case] =
    activations.flatMap { function in
      [
        Case(layers: [Activation(erased: function)], shape: [5]),
        Case(layers: [Dense(3, activation: .relu), Activation(erased: function)], shape: [5]),
      ]
    }
    + [ConvolutionAlgorithm.im2col, .winograd, .stridedWinograd, .shallow, .direct].map {
      Case(
        layers: [
          Conv2D(
            4, kernel: 3, stride: $0 == .stridedWinograd ? 2 : 1, padding: .same,
            activation: .leakyReLU(negativeSlope: 0), algorithm: $0)
        ], shape: [5, 6, 2])
    }
    + [
      Case(
        layers: [
          DepthwiseConv2D(
            kernel: 3, padding: .same, depthMultiplier: 2,
            activation: .leakyReLU(negativeSlope: 0))
        ], shape: [5, 6, 2]),
      Case(
        layers: [Conv2D(4, kernel: 3, padding: .same, dilation: 2, groups: 2, activation: .relu)],
        shape: [5, 6, 4]),
      Case(layers: [SeparableConv2D(3, kernel: 3, activation: .relu)], shape: [3, 4, 2]),
      Case(
        layers: [Conv2DTranspose(3, kernel: 2, stride: 2, activation: .relu)], shape: [3, 2, 2]),
      Case(layers: [MaxPool2D(padding: .same)], shape: [5, 6, 3]),
      Case(layers: [MaxPool2D(3, stride: 1)], shape: [5, 6, 17]),
      Case(layers: [MaxPool2D(), Flatten(), Dense(3, activation: .relu)], shape: [4, 4, 1]),
      Case(layers: [Flatten()], shape: [2, 2, 2]),
    ]

  @Test(arguments: cases, [LayerPass.Mode.training, .inference])
  func reachesTheOutput(example: Case, mode: LayerPass.Mode) throws {
    let graph = try Sequential(input: example.shape) { example.layers }.graph
    let run = GraphRun(graph, batch: 3, mode: mode, isBackward: false)
    let (width, size) = (example.shape.elementCount, graph.outputShape.elementCount)
    for place in 0..<width {
      let before = run.inputs.view[width + place]
      run.inputs.view[width + place] = .nan
      run.run()
      // Before the input is put back, whose memory an output may be.
      let holdsNaN = (0..<3).map { sample in
        run.outputs[sample * size..<(sample + 1) * size].contains(where: \.isNaN)
      }
      run.inputs.view[width + place] = before
      #expect(holdsNaN == [false, true, false], "NaN in \(place)")
    }
  }

  /// The statistics of a place that holds one are NaN, too.
  @Test(arguments: [1, 2, 3]) func reachesMovingStatistics(axis: Int) throws {
    let shape: Shape = [2, 3, 4]
    let graph = try Sequential(input: shape) { BatchNormalization(axis: axis) }.graph
    for place in 0..<24 {
      let run = GraphRun(graph, batch: 2)
      run.inputs.view[24 + place] = .nan
      run.run()
      let c = place / [12, 4, 1][axis - 1] % shape[axis - 1]
      for name in ["moving_mean", "moving_variance"] {
        let values = run.parameter("/" + name)
        #expect(values.indices.filter { values[$0].isNaN } == [c], "\(name), NaN in \(place)")
      }
    }
  }

  private func buffer(_ values: [Float]) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: values.count)
    for (place, value) in values.enumerated() { buffer.view[place] = value }
    return buffer
  }

  @Test func reachesTheLoss() {
    let losses: [(loss: any Loss, targets: [Float])] = [
      (SparseCategoricalCrossEntropy(), [0, 1, 2]),
      (SparseCategoricalCrossEntropy(fromLogits: true), [0, 1, 2]),
      (CategoricalCrossEntropy(), [1, 0, 0, 0, 1, 0, 0, 0, 1]),
      (CategoricalCrossEntropy(fromLogits: true), [1, 0, 0, 0, 1, 0, 0, 0, 1]),
      (MeanSquaredError(), [1, 0, 0, 0, 1, 0, 0, 0, 1]),
    ]
    for (loss, targets) in losses {
      for areLogits in loss.logitsLink == nil ? [false] : [false, true] {
        for place in 0..<3 {
          let outputs = buffer([0.2, 0.3, 0.5, 0.2, 0.3, 0.5, 0.2, 0.3, 0.5])
          outputs.view[3 + place] = .nan
          let (values, gradients) = (AlignedBuffer(count: 3), AlignedBuffer(count: 9))
          let all = buffer(targets)
          loss.evaluate(
            LossContext(
              outputs: outputs.view, targets: all.view, areLogits: areLogits,
              losses: values.view, gradients: gradients.view, gradientScale: 1, classes: 3))
          #expect(values.view.array.map(\.isNaN) == [false, true, false], "\(loss), \(place)")
        }
      }
    }
  }
}

extension Activation {
  fileprivate init(erased function: any ActivationFunction) {
    self.init(Linear())
    self.function = function
  }
}
