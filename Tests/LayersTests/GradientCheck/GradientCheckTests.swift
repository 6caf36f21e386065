import PinionTensor
import Testing

@testable import PinionLayers

/// The public gradient check on every layer and loss, and on layers with deliberate errors.
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
    let layer = Conv2D(
      4, kernel: 3, stride: algorithm == .stridedWinograd ? 2 : 1, padding: .same,
      groups: algorithm == .depthwise ? 2 : 1, activation: .relu, algorithm: algorithm)
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
      Activation(.logSoftmax), Activation(.softsign), Activation(.softplus),
      Activation(.exponential), Activation(.silu), Activation(.mish), Activation(.gelu),
      Activation(.gelu(approximate: true)), Activation(.elu(alpha: 0.5)),
      Activation(.celu(alpha: 2)), Activation(.selu), Activation(.relu6),
      Activation(.hardSigmoid), Activation(.hardSwish),
    ] {
      try expectPassed(checkGradients(of: layer, input: [4, 7]))
    }
  }

  @Test func activationsThatReadTheirArgument() throws {
    try expectPassed(checkGradients(of: Dense(6, activation: Square()), input: [5], batch: 9))
    try expectPassed(checkGradients(of: Dense(6, activation: .gelu), input: [5], batch: 9))
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

  @Test func otherLosses() throws {
    func network(_ activation: some ActivationFunction) throws -> Sequential {
      try Sequential(input: [6]) { Dense(4, activation: activation) }
    }
    let (softmax, sigmoid, linear) = (
      try network(.softmax), try network(.sigmoid), try network(.linear)
    )
    let oneHot: [Float] = [0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    let yes: [Float] = [0, 1, 1, 0, 0.25, 1, 0, 1, 1, 0.5, 0, 0]
    let numbers: [Float] = [0.5, -1, 2, 0.3, -0.7, 1.5, 0, 1, 3, -2, 0.1, 0.9]
    let cases: [(Sequential, any Loss, [Float])] = [
      (linear, MeanAbsoluteError(), numbers), (linear, Huber(delta: 0.7), numbers),
      (linear, LogCosh(), numbers), (linear, CosineSimilarity(), numbers),
      (linear, MeanAbsolutePercentageError(), numbers.map { abs($0) + 0.5 }),
      (sigmoid, MeanSquaredLogarithmicError(), numbers.map(abs)),
      (sigmoid, Poisson(), numbers.map(abs)), (linear, Hinge(), oneHot),
      (linear, SquaredHinge(), oneHot), (linear, CategoricalHinge(), oneHot),
      (softmax, KLDivergence(), yes), (sigmoid, KLDivergence(), yes),
      (linear, SummedLoss(.meanSquaredError), numbers),
      (sigmoid, BinaryCrossEntropy(labelSmoothing: 0.1), yes),
      (linear, BinaryCrossEntropy(fromLogits: true), yes),
      (softmax, BinaryCrossEntropy(), yes),
      (sigmoid, BinaryFocalCrossEntropy(), yes), (softmax, BinaryFocalCrossEntropy(), yes),
      (linear, BinaryFocalCrossEntropy(applyClassBalancing: true, fromLogits: true), yes),
      (softmax, CategoricalFocalCrossEntropy(labelSmoothing: 0.1), oneHot),
      (sigmoid, CategoricalFocalCrossEntropy(gamma: 1.5), oneHot),
      (linear, CategoricalFocalCrossEntropy(alpha: 1, fromLogits: true), oneHot),
    ]
    for (graph, loss, targets) in cases {
      func check(_ loss: some Loss) throws -> GradientCheckResult {
        try checkGradients(of: graph, loss: loss, targets: targets, target: [4])
      }
      let result = try check(loss)
      #expect(result.isPassed, "\(loss): \(result)")
    }
    for graph in [softmax, sigmoid] {
      try expectPassed(
        checkGradients(
          of: graph, loss: .sparseCategoricalCrossEntropy(labelSmoothing: 0.2),
          targets: [3, 0, 1], target: [1]))
    }
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

  @Test(arguments: WrongBranch.Mistake.allCases) func errorsInOneBranchFail(
    mistake: WrongBranch.Mistake
  ) throws {
    for shape in [[4, 4, 3], [9, 8, 3]] as [Shape] {
      for seed in 1...3 as ClosedRange<UInt64> {
        let right = try checkGradients(of: WrongBranch(mistake: nil), input: shape, seed: seed)
        #expect(right.isPassed, "\(right)")
        let wrong = try checkGradients(of: WrongBranch(mistake: mistake), input: shape, seed: seed)
        #expect(!wrong.isPassed, "\(mistake), seed \(seed): \(wrong)")
        #expect(wrong.description.contains(mistake.tensor))
        let failures = wrong.findings.filter { $0.error > wrong.tolerance }
        #expect(failures.allSatisfy { $0.tensor == mistake.tensor }, "\(wrong)")
      }
    }
  }

  /// In a network, where one layer's error is one of many terms of what is before it.
  @Test(arguments: [WrongBranch.Mistake.belowZero, .lastChannel]) func errorsInsideNetworksFail(
    mistake: WrongBranch.Mistake
  ) throws {
    func network(_ mistake: WrongBranch.Mistake?) throws -> Sequential {
      try Sequential(input: [5, 4, 2]) {
        Conv2D(3, kernel: 3, padding: .same, activation: .tanh)
        WrongBranch(mistake: mistake)
        Flatten()
        Dense(4, activation: .softmax)
      }
    }
    let labels: [Float] = [3, 0, 1]
    let right = try checkGradients(
      of: network(nil), loss: .sparseCategoricalCrossEntropy, targets: labels, target: [1])
    #expect(right.isPassed, "\(right)")
    let wrong = try checkGradients(
      of: network(mistake), loss: .sparseCategoricalCrossEntropy, targets: labels, target: [1])
    #expect(!wrong.isPassed, "\(wrong)")
  }

  /// Each element is compared, so that any wrong one is found.
  @Test func singleWrongElementFails() throws {
    for element in [0, 200, 431] {
      let result = try checkGradients(of: WrongElement(element: element), input: [432], batch: 1)
      let failures = result.findings.filter { $0.error > result.tolerance }
      #expect(failures.count == 3, "\(result)")
      #expect(failures.allSatisfy { $0.kind.hasPrefix("element \(element),") }, "\(result)")
    }
    // Not among the few of a bounded check.
    let isFound = try (0..<20).map { index in
      try !checkGradients(
        of: WrongElement(element: index * 20), input: [432], batch: 1, elements: 16
      ).isPassed
    }
    #expect(isFound.filter { $0 }.count < 10)
  }

  @Test func whatHasNoSlopeFails() throws {
    for kind in [Rough.Kind.steps, .noise] {
      let result = try checkGradients(of: Rough(kind: kind), input: [4, 7])
      #expect(!result.isPassed, "\(result)")
    }
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
struct WrongScale: SamplewiseLayer {
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
    let (x, y, a) = (context.inputs[0], context.output, context.parameter("factor")[0])
    for i in x.indices { y[i] = a * x[i] }
  }

  func backward(_ context: LayerContext) {
    let (x, dy, a) = (context.inputs[0], context.outputGradient, context.parameter("factor")[0])
    let factor: Float = mistake == .parameterSlightlyOff ? 1.05 : 1
    if mistake != .parameterForgotten {
      for i in x.indices { context.gradient("factor")[0] += factor * dy[i] * x[i] }
    }
    guard let dx = context.inputGradients[0] else { return }
    let scale: Float = mistake == .inputDoubled ? 2 : mistake == .inputForgotten ? 0 : 1
    for i in x.indices { dx[i] = scale * a * dy[i] }
  }
}

/// y = a·x above zero and 0.3·a·x below it, a for each channel; with a gradient that is 5 % off in
/// a part of the cases.
struct WrongBranch: SamplewiseLayer {
  enum Mistake: String, Codable, CaseIterable {
    case belowZero, lastChannel, largeInputs, smallInputs, firstRow, lastSample
    case factorBelowZero, factorOfOneChannel

    var tensor: String { rawValue.hasPrefix("factor") ? "wrong_branch/factor" : "input" }
  }

  var mistake: Mistake?

  func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("factor", shape: [inputs[0][2]], initializer: .ones)]
  }

  func forward(_ context: LayerContext) {
    let (x, y, a) = (context.inputs[0], context.output, context.parameter("factor"))
    for i in x.indices { y[i] = a[i % a.count] * (x[i] > 0 ? x[i] : 0.3 * x[i]) }
  }

  func backward(_ context: LayerContext) {
    let (x, dy, a) = (context.inputs[0], context.outputGradient, context.parameter("factor"))
    let (shape, width) = (context.pass.inputs[0], a.count)
    let size = shape.elementCount
    for i in x.indices {
      let (c, slope) = (i % width, x[i] > 0 ? Float(1) : 0.3)
      let isWrong =
        switch mistake {
        case .factorBelowZero: x[i] < 0
        case .factorOfOneChannel: c == 1
        default: false
        }
      context.gradient("factor")[c] += dy[i] * slope * x[i] * (isWrong ? 1.05 : 1)
    }
    guard let dx = context.inputGradients[0] else { return }
    for i in x.indices {
      let (c, slope) = (i % width, x[i] > 0 ? Float(1) : 0.3)
      let isWrong =
        switch mistake {
        case .belowZero: x[i] < 0
        case .lastChannel: c == width - 1
        case .largeInputs: x[i] > 6
        case .smallInputs: abs(x[i]) < 0.05
        case .firstRow: i % size < shape[1] * width
        case .lastSample: context.samples.upperBound == context.pass.batch && i >= x.count - size
        default: false
        }
      dx[i] = dy[i] * slope * a[c] * (isWrong ? 1.05 : 1)
    }
  }
}

/// y = a·x, a for each element, with a gradient of one of them that is 5 % off.
struct WrongElement: SamplewiseLayer {
  let element: Int

  func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("factor", shape: inputs[0], initializer: .ones)]
  }

  func forward(_ context: LayerContext) {
    let (x, y, a) = (context.inputs[0], context.output, context.parameter("factor"))
    for i in x.indices { y[i] = a[i % a.count] * x[i] }
  }

  func backward(_ context: LayerContext) {
    let (x, dy, a) = (context.inputs[0], context.outputGradient, context.parameter("factor"))
    let da = context.gradient("factor")
    for i in x.indices { da[i % a.count] += dy[i] * x[i] * (i % a.count == element ? 1.05 : 1) }
    guard let dx = context.inputGradients[0] else { return }
    for i in x.indices { dx[i] = dy[i] * a[i % a.count] }
  }
}

/// A function without a derivative, passed through by the gradient as if it were x.
struct Rough: SamplewiseLayer {
  enum Kind: String, Codable { case steps, noise }

  var kind: Kind

  func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

  func forward(_ context: LayerContext) {
    let (x, y) = (context.inputs[0], context.output)
    for i in x.indices {
      y[i] =
        kind == .steps
        ? (x[i] * 48).rounded() / 48
        : x[i] + 0.05 * Float((x[i].bitPattern &* 2_654_435_761) >> 20) / 4_096
    }
  }

  func backward(_ context: LayerContext) {
    context.inputGradients[0]?.copy(from: context.outputGradient)
  }
}
