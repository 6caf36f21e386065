import PinionTensor
import Testing

@testable import PinionLayers

/// The public gradient check on every layer and loss, and on layers that are wrong.
@Suite struct GradientCheckTests {
  @Test(arguments: [1, 2, 5]) func dense(batch: Int) throws {
    try expectPassed(checkGradients(of: Dense(7), input: [5], batch: batch))
    try expectPassed(checkGradients(of: Dense(4, activation: .tanh), input: [3, 5], batch: batch))
    try expectPassed(
      checkGradients(of: Dense(4, activation: .softmax, usesBias: false), input: [9], batch: batch))
  }

  @Test(arguments: Padding.allCases, [1, 3]) func convolution(padding: Padding, batch: Int) throws {
    for kernel: Size2D in [1, 2, 3, Size2D(3, 2), 5] {
      for stride: Size2D in [1, 2, Size2D(1, 2)] {
        let layer = Conv2D(
          4, kernel: kernel, stride: stride, padding: padding, activation: .tanh)
        try expectPassed(checkGradients(of: layer, input: [7, 5, 3], batch: batch))
      }
    }
  }

  @Test(arguments: ConvolutionAlgorithm.allCases) func algorithms(algorithm: ConvolutionAlgorithm)
    throws
  {
    let layer = Conv2D(5, kernel: 3, padding: .same, activation: .relu, algorithm: algorithm)
    try expectPassed(checkGradients(of: layer, input: [6, 7, 2]))
  }

  @Test(arguments: Padding.allCases) func pooling(padding: Padding) throws {
    for (pool, stride): (Size2D, Size2D?) in [(2, nil), (3, 2), (2, 1), (Size2D(2, 3), nil)] {
      let layer = MaxPool2D(pool, stride: stride, padding: padding)
      for batch in [1, 3] {
        try expectPassed(checkGradients(of: layer, input: [7, 5, 3], batch: batch))
      }
    }
  }

  @Test(arguments: [1, 2, 3, -1]) func batchNormalization(axis: Int) throws {
    for batch in [1, 4] {
      try expectPassed(
        checkGradients(of: BatchNormalization(axis: axis), input: [5, 4, 3], batch: batch))
    }
    let bare = BatchNormalization(axis: axis, center: false, scale: false)
    try expectPassed(checkGradients(of: bare, input: [5, 4, 3]))
  }

  @Test func batchNormalizationOfVectors() throws {
    try expectPassed(checkGradients(of: BatchNormalization(), input: [9], batch: 7))
  }

  @Test func otherLayers() throws {
    try expectPassed(checkGradients(of: Flatten(), input: [3, 5, 2]))
    try expectPassed(checkGradients(of: Dropout(0.4), input: [3, 5, 2]))
    try expectPassed(checkGradients(of: Add(), input: [3, 5, 2], [3, 5, 2], [3, 5, 2]))
    for layer in [
      Activation(.relu), Activation(.leakyReLU(negativeSlope: 0.3)), Activation(.tanh),
      Activation(.sigmoid), Activation(.softmax), Activation(.linear), Activation(Square()),
    ] {
      try expectPassed(checkGradients(of: layer, input: [4, 7]))
    }
  }

  @Test func activationsThatReadTheirArgument() throws {
    try expectPassed(checkGradients(of: Dense(6, activation: Square()), input: [5], batch: 9))
    let layer = Conv2D(6, kernel: 3, activation: Square())
    try expectPassed(checkGradients(of: layer, input: [6, 5, 2], batch: 5))
  }

  @Test(arguments: [1, 4, 40]) func residualNetwork(batch: Int) throws {
    let input = Input([7, 5, 2])
    let stem = Conv2D(4, kernel: 3, padding: .same, activation: .tanh)(input)
    let branch = Conv2D(4, kernel: 3, padding: .same)(
      BatchNormalization()(Dropout(0.2)(Conv2D(4, kernel: 1, activation: .relu)(stem))))
    let sum = Activation(.relu)(Add()(stem, branch, stem))
    let output = Dense(3, activation: .softmax)(Flatten()(MaxPool2D()(sum)))
    let graph = try Graph(input: input, output: output)
    try expectPassed(checkGradients(of: graph, batch: batch))
    let labels = (0..<batch).map { Float($0 % 3) }
    try expectPassed(
      checkGradients(of: graph, loss: .sparseCategoricalCrossEntropy, targets: labels, target: [1]))
  }

  @Test func losses() throws {
    let softmax = try Sequential(input: [6]) { Dense(4, activation: .softmax) }
    let sigmoid = try Sequential(input: [6]) { Dense(4, activation: .sigmoid) }
    let linear = try Sequential(input: [6]) { Dense(4) }
    let oneHot: [Float] = [0, 1, 0, 0, 0.5, 0, 0.25, 0.25, 0, 0, 0, 1]
    for graph in [softmax, sigmoid] {
      for smoothing in [0, 0.1] {
        try expectPassed(
          checkGradients(
            of: graph, loss: .categoricalCrossEntropy(labelSmoothing: smoothing), targets: oneHot,
            target: [4]))
      }
      try expectPassed(
        checkGradients(
          of: graph, loss: .sparseCategoricalCrossEntropy, targets: [3, 0, 1], target: [1]))
    }
    try expectPassed(
      checkGradients(
        of: linear, loss: .categoricalCrossEntropy(fromLogits: true), targets: oneHot, target: [4]))
    try expectPassed(
      checkGradients(
        of: linear, loss: .sparseCategoricalCrossEntropy(fromLogits: true), targets: [3, 0, 1],
        target: [1]))
    try expectPassed(
      checkGradients(of: sigmoid, loss: .meanSquaredError, targets: oneHot, target: [4]))
  }

  @Test(arguments: WrongScale.Mistake.allCases) func wrongLayersFail(mistake: WrongScale.Mistake)
    throws
  {
    let right = try checkGradients(of: WrongScale(mistake: nil), input: [3, 4])
    #expect(right.isPassed, "\(right)")
    let wrong = try checkGradients(of: WrongScale(mistake: mistake), input: [3, 4])
    #expect(!wrong.isPassed, "\(wrong)")
    #expect(wrong.description.contains(mistake.tensor))
  }

  private func expectPassed(_ result: GradientCheckResult) {
    #expect(result.isPassed, "\(result)")
  }
}

/// z², whose derivative needs z.
struct Square: ActivationFunction {
  var gradientReads: ActivationGradientSource { .input }

  func apply(to values: MemoryView<Float>, width: Int) {
    for i in values.indices { values[i] *= values[i] }
  }

  func applyGradient(to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int) {
    for i in values.indices { gradient[i] *= 2 * values[i] }
  }
}

/// y = a·x, with a mistake in the gradient if asked for.
struct WrongScale: Layer {
  enum Mistake: String, Codable, CaseIterable {
    case inputForgotten, inputDoubled, parameterForgotten, parameterSlightlyOff

    var tensor: String { rawValue.hasPrefix("input") ? "input" : "factor" }
  }

  var mistake: Mistake?

  func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("factor", shape: [1], initializer: .ones)]
  }

  func forward(_ context: LayerContext) {
    let (x, y, a) = (context.inputs[0], context.output, context.parameters[0][0])
    for i in x.indices { y[i] = a * x[i] }
  }

  func backward(_ context: LayerContext) {
    let (x, dy, a) = (context.inputs[0], context.outputGradient, context.parameters[0][0])
    let factor: Float = mistake == .parameterSlightlyOff ? 1.05 : 1
    if mistake != .parameterForgotten {
      for i in x.indices { context.gradients[0][0] += factor * dy[i] * x[i] }
    }
    guard let dx = context.inputGradients[0] else { return }
    let scale: Float = mistake == .inputDoubled ? 2 : mistake == .inputForgotten ? 0 : 1
    for i in x.indices { dx[i] = scale * a * dy[i] }
  }
}
