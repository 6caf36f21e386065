import PinionTensor
import Testing

@testable import PinionLayers

/// Invalid hyperparameters: each throws an error with the layer, the requirement and the received
/// value, and none traps, however large.
@Suite struct GraphErrorTests {
  /// A layer on an input that it must not take, and what the error must speak of.
  struct Case: CustomTestStringConvertible {
    let layer: any Layer
    let inputs: [Shape]
    let requirement: String
    let received: String

    init(_ layer: any Layer, _ inputs: Shape..., needs requirement: String, got received: String) {
      self.layer = layer
      self.inputs = inputs
      (self.requirement, self.received) = (requirement, received)
    }

    var testDescription: String { "\(type(of: layer)) on \(inputs): \(requirement)" }
  }

  private static let sizes = [0, -1, Int.min, Int.max, 1 << 31, 1 << 62]
  private static let image: Shape = [8, 8, 3]

  static let badSizes: [Case] = sizes.flatMap { size in
    [
      Case(Dense(size), [5], needs: "units", got: "\(size)"),
      Case(Conv2D(size, kernel: 3), image, needs: "filters", got: "\(size)"),
      Case(Conv2D(4, kernel: Size2D(size)), image, needs: "kernel", got: "(\(size), \(size))"),
      Case(
        Conv2D(4, kernel: Size2D(size, 1), padding: .same), image, needs: "kernel",
        got: "(\(size), 1)"),
      Case(
        Conv2D(4, kernel: 1, stride: Size2D(1, size)), image, needs: "stride", got: "(1, \(size))"),
      Case(
        Conv2D(4, kernel: 1, stride: Size2D(size), padding: .same), image, needs: "stride",
        got: "(\(size), \(size))"),
      Case(MaxPool2D(Size2D(size)), image, needs: "pool size", got: "(\(size), \(size))"),
      Case(
        MaxPool2D(Size2D(1, size), stride: 1, padding: .same), image, needs: "pool size",
        got: "(1, \(size))"),
      Case(
        MaxPool2D(2, stride: Size2D(size), padding: .same), image, needs: "stride",
        got: "(\(size), \(size))"),
    ]
  }

  private static let most = Int(Int32.max)

  static let tooLarge: [Case] = [
    Case(Dense(most), [most], needs: "a parameter kernel", got: "(\(most), \(most))"),
    Case(Dense(most), [1_024, 7], needs: "an output", got: "(1024, \(most))"),
    Case(
      Conv2D(most, kernel: 3), [64, 64, 3], needs: "an output with", got: "(62, 62, \(most))"),
    Case(
      Conv2D(1 << 20, kernel: 1_024, padding: .same), [1, 1, 1_024],
      needs: "a parameter kernel", got: "(1024, 1024, 1024, 1048576)"),
    Case(
      Conv2D(4, kernel: Size2D(most), padding: .same), image, needs: "values over all channels",
      got: "(\(most), \(most)) on 3 channels"),
    Case(
      Conv2D(4, kernel: Size2D(1, 1 << 20), padding: .same), [1, 1 << 20, 1_024],
      needs: "under a row of windows", got: "(1, 1048576)"),
    Case(MaxPool2D(256, padding: .same), [8, 8, 1], needs: "65535", got: "(256, 256)"),
    Case(Flatten(), [1 << 16, 1 << 16], needs: "an input of at most", got: "(65536, 65536)"),
  ]

  static let others: [Case] = [
    Case(Dense(3), [], needs: "at least one axis", got: "()"),
    Case(Conv2D(3, kernel: 1), [8, 8], needs: "(height, width, channels)", got: "(8, 8)"),
    Case(MaxPool2D(), [8], needs: "(height, width, channels)", got: "(8,)"),
    Case(Conv2D(3, kernel: 9), image, needs: "as large as the kernel (9, 9)", got: "(8, 8, 3)"),
    Case(MaxPool2D(Size2D(1, 9)), image, needs: "as large as the pool size", got: "(8, 8, 3)"),
    Case(Activation(.softmax), [], needs: "at least one axis", got: "()"),
    Case(Add(), [3], [4], needs: "equal shapes", got: "(3,), (4,)"),
    Case(Subtract(), [2, 3], [2], needs: "of size 1 where they differ", got: "(2, 3), (2,)"),
    Case(Concatenate(), [2, 3], [3, 3], needs: "but for axis -1", got: "(2, 3), (3, 3)"),
    Case(Concatenate(), [2, 3], [3], needs: "but for axis -1", got: "(2, 3), (3,)"),
    Case(Concatenate(axis: 0), [3], [3], needs: "an axis in 1..<2", got: "axis 0"),
    Case(Concatenate(axis: .min), [3], [3], needs: "an axis in", got: "axis \(Int.min)"),
    Case(AveragePool2D(9), image, needs: "as large as the pool size", got: "(8, 8, 3)"),
    Case(GlobalAveragePooling2D(), [8, 3], needs: "(height, width, channels)", got: "(8, 3)"),
    Case(GlobalMaxPooling1D(), image, needs: "(steps, channels)", got: "(8, 8, 3)"),
    Case(ZeroPadding2D(), [8, 8], needs: "(height, width, channels)", got: "(8, 8)"),
    Case(ZeroPadding2D(-1), image, needs: "border widths in 0", got: "((-1, -1), (-1, -1))"),
    Case(Cropping2D(4), image, needs: "larger than its cropped borders", got: "(8, 8, 3)"),
    Case(Cropping2D(Edges2D(top: .max, bottom: .max)), image, needs: "border widths", got: "0)"),
    Case(UpSampling2D(0), image, needs: "size must be positive", got: "(0, 0)"),
    Case(UpSampling2D(2), [8], needs: "(height, width, channels)", got: "(8,)"),
    Case(Reshape([5, -1]), [8], needs: "a shape of 8 elements", got: "[5, -1]"),
    Case(Reshape([2, 2]), [8], needs: "a shape of 8 elements", got: "[2, 2]"),
    Case(Reshape([.max, .max]), [8], needs: "a shape of 8 elements", got: "\(Int.max)"),
    Case(Reshape([-1, -1]), [8], needs: "at most one of them -1", got: "[-1, -1]"),
    Case(Reshape([0]), [8], needs: "positive sizes", got: "[0]"),
    Case(Permute([1, 1]), [2, 3], needs: "each of the axes 1...2 once", got: "[1, 1]"),
    Case(Permute([]), [], needs: "each of the axes", got: "[]"),
    Case(RepeatVector(0), [3], needs: "the count must be positive", got: "0"),
    Case(RepeatVector(2), [3, 3], needs: "(channels,)", got: "(3, 3)"),
    Case(Embedding(0, 2), [3], needs: "dimensions must be positive", got: "(0, 2)"),
    Case(PositionEmbedding(), [3], needs: "(steps, channels)", got: "(3,)"),
    Case(MultiHeadAttention(0, keyDim: 2), [2, 3], needs: "must be positive", got: "[0, 2, 2]"),
    Case(MultiHeadAttention(2, keyDim: 2), [3], needs: "(steps, channels)", got: "(3,)"),
    Case(
      MultiHeadAttention(2, keyDim: 2, dropout: 2), [2, 3], needs: "dropout must be", got: "2.0"),
    Case(
      MultiHeadAttention(1 << 20, keyDim: 1 << 20), [2, 3], needs: "weights, queries, keys",
      got: "1048576 heads"),
    Case(Dropout(-0.1), [3], needs: "rate", got: "-0.1"),
    Case(Dropout(1.1), [3], needs: "rate", got: "1.1"),
    Case(Dropout(.nan), [3], needs: "rate", got: "nan"),
    Case(Dropout(.infinity), [3], needs: "rate", got: "inf"),
    Case(BatchNormalization(epsilon: 0), [3], needs: "epsilon", got: "0.0"),
    Case(BatchNormalization(epsilon: -1), [3], needs: "epsilon", got: "-1.0"),
    Case(BatchNormalization(epsilon: .nan), [3], needs: "epsilon", got: "nan"),
    Case(BatchNormalization(epsilon: .infinity), [3], needs: "epsilon", got: "inf"),
    Case(BatchNormalization(momentum: -0.1), [3], needs: "momentum", got: "-0.1"),
    Case(BatchNormalization(momentum: 1.5), [3], needs: "momentum", got: "1.5"),
    Case(BatchNormalization(momentum: .nan), [3], needs: "momentum", got: "nan"),
    Case(BatchNormalization(axis: 0), [3], needs: "an axis in 1..<2", got: "axis 0"),
    Case(BatchNormalization(axis: 4), image, needs: "an axis in 1..<4", got: "axis 4"),
    Case(BatchNormalization(axis: -4), image, needs: "an axis in 1..<4", got: "axis -4"),
    Case(BatchNormalization(axis: .max), image, needs: "an axis", got: "axis \(Int.max)"),
    Case(BatchNormalization(axis: .min), image, needs: "an axis", got: "axis \(Int.min)"),
    Case(BatchNormalization(), [], needs: "an axis", got: "axis -1"),
    Case(UnlikelyShape(shape: [0]), [3], needs: "an output with", got: "(0,)"),
    Case(UnlikelyShape(shape: [.max, .max]), [3], needs: "an output with", got: "\(Int.max)"),
    Case(UnlikelyShape(shape: [1], parameter: [-1]), [3], needs: "a parameter p", got: "(-1,)"),
    Case(
      UnlikelyShape(shape: [1], parameter: [1 << 30, 1 << 30, 1 << 30]), [3],
      needs: "a parameter p", got: "1073741824"),
  ]

  static let badFunctions: [Case] = [-0.5, Float.nan, .infinity].flatMap { slope in
    let leaky = LeakyReLU(negativeSlope: slope)
    return [
      Case(Activation(leaky), [3], needs: "negative slope", got: "\(slope)"),
      Case(Dense(3, activation: leaky), [3], needs: "negative slope", got: "\(slope)"),
      Case(
        Conv2D(3, kernel: 1, activation: leaky), image, needs: "negative slope", got: "\(slope)"),
    ]
  }

  static let badInitializers: [Case] =
    [0, -1, .nan, .infinity, 1e-300, 1e300].flatMap { scale in
      let scaling = VarianceScaling(scale: scale)
      return [
        Case(Dense(3, kernelInitializer: scaling), [3], needs: "positive scale", got: "\(scale)"),
        Case(
          Conv2D(3, kernel: 1, biasInitializer: scaling), image, needs: "positive scale",
          got: "\(scale)"),
      ]
    }
    + [Float.nan, .infinity].map {
      Case(Dense(3, biasInitializer: .constant($0)), [3], needs: "finite", got: "\($0)")
    }

  @Test(arguments: badSizes + tooLarge + others + badFunctions + badInitializers)
  func refused(example: Case) throws {
    let inputs = example.inputs
    let error = #expect(throws: GraphError.self) {
      var builder = GraphBuilder()
      let values = try inputs.map { try builder.addInput($0) }
      _ = try builder.add(example.layer, named: "mine", on: values)
    }
    guard case .layer("mine", let type, inputs, let reason)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(type == Swift.type(of: example.layer).typeName)
    #expect(reason.requirement.contains(example.requirement), "\(reason)")
    #expect(reason.received.contains(example.received), "\(reason)")
    let text = "\(try #require(error))"
    #expect(text.contains("\"mine\" (\(type))") && text.contains("\(inputs[0])"))
  }

  /// At the limits, where nothing is wrong.
  @Test func acceptedAtTheLimits() throws {
    let model = try Sequential(input: [Self.most]) {
      Dense(1)
      Dense(Self.most, usesBias: false)
    }
    #expect(model.graph.parameterCounts.total == 2 * Self.most + 1)
    #expect(model.summary().contains("4,294,967,295"))
    _ = try Sequential(input: [255, 257, 1]) { MaxPool2D(Size2D(255, 257)) }
    _ = try Sequential(input: Self.image) { Dropout(1) }
    _ = try Sequential(input: Self.image) { BatchNormalization(axis: -3, momentum: 1) }
  }

  @Test func theParametersOfAllLayersAreCounted() throws {
    let error = #expect(throws: GraphError.self) {
      try Sequential(input: [1 << 19]) { for _ in 0..<5 { Dense(1 << 19, usesBias: false) } }
    }
    #expect("\(try #require(error))".contains("dense_3"))
  }

  @Test(arguments: [
    [0], [-1], [28, 0, 1], [.max], [.max, .max, .max], [1 << 31], [1 << 20, 1 << 20], [.min, 2],
  ]) func inputShapes(sizes: [Int]) {
    let shape = Shape(sizes)
    #expect(throws: GraphError.inputShape(shape)) { try Sequential(input: shape) { Flatten() } }
    #expect(throws: GraphError.inputShape(shape)) {
      try checkGradients(of: Flatten(), input: shape)
    }
    let input = Input(shape)
    #expect(throws: GraphError.inputShape(shape)) {
      try Graph(input: input, output: Flatten()(input))
    }
  }

  @Test func numbersOfInputs() throws {
    let input = Input([3])
    #expect(
      throws: GraphError.inputCount(name: "add", type: "Add", expected: 2...Int.max, received: 1)
    ) { try Graph(input: input, output: Add()(input)) }
    #expect(
      throws: GraphError.inputCount(name: "dense", type: "Dense", expected: 1...1, received: 2)
    ) { try Graph(input: input, output: Dense(3)(input, input)) }
    #expect(throws: GraphError.self) { try Graph(input: input, output: Dense(3)()) }
    #expect(throws: GraphError.empty) { try Graph(input: input, output: input) }
    #expect(throws: GraphError.empty) { try Sequential(input: [3]) {} }
  }

  @Test func connections() throws {
    let (input, other) = (Input([3]), Input([3]))
    #expect(throws: GraphError.foreignInput([3])) {
      try Graph(input: input, output: Add()(input, Dense(3)(other)))
    }
    #expect(throws: GraphError.self) { try Graph(input: input, output: Dense(3)(other)) }
    #expect(throws: GraphError.notConnected) { try Graph(input: input, output: other) }
  }

  @Test(arguments: [-0.1, 1, 2, .nan, .infinity]) func labelSmoothing(value: Double) {
    #expect(throws: LayerError.self) {
      try CategoricalCrossEntropy(labelSmoothing: value).validate(output: [3], target: [3])
    }
  }

  /// The sum over a single class is always certain; the error says what to do instead.
  @Test func crossEntropiesNeedTwoClasses() throws {
    let losses: [any Loss] = [
      SparseCategoricalCrossEntropy(), SparseCategoricalCrossEntropy(fromLogits: true),
      CategoricalCrossEntropy(), CategoricalCrossEntropy(fromLogits: true),
    ]
    for loss in losses {
      for output: Shape in [[1], [4, 4, 1]] {
        let error = #expect(throws: LayerError.self) {
          try loss.validate(output: output, target: output)
        }
        #expect(error?.requirement.contains("Dense(2, activation: .softmax)") == true)
        #expect(error?.received == "outputs of shape \(output)")
      }
    }
    try SparseCategoricalCrossEntropy().validate(output: [2], target: [1])
    try SparseCategoricalCrossEntropy().validate(output: [4, 4, 2], target: [4, 4])
    try CategoricalCrossEntropy().validate(output: [4, 4, 2], target: [4, 4, 2])
  }

  @Test func aForgottenFlattenIsNamed() throws {
    let cases: [(loss: any Loss, target: Shape)] = [
      (SparseCategoricalCrossEntropy(), [1]), (SparseCategoricalCrossEntropy(), []),
      (CategoricalCrossEntropy(), [10]), (MeanSquaredError(), [10]), (MeanSquaredError(), [1]),
    ]
    for (loss, target) in cases {
      let error = #expect(throws: LayerError.self) {
        try loss.validate(output: [13, 14, 10], target: target)
      }
      let text = "\(try #require(error))"
      #expect(text.contains("Flatten()") && text.contains("(13, 14, 10)"))
      #expect(text.contains("182 positions") && text.contains("targets of shape \(target)"))
    }
    // Where `Flatten` would not help, the error has another text.
    let error = #expect(throws: LayerError.self) {
      try CategoricalCrossEntropy().validate(output: [13, 14, 10], target: [3])
    }
    #expect(error?.requirement.contains("Flatten") == false)
  }

  @Test func targets() {
    #expect(throws: LayerError.self) {
      try CategoricalCrossEntropy().validate(output: [3], target: [1])
    }
    #expect(throws: LayerError.self) {
      try CategoricalCrossEntropy().validate(output: [], target: [])
    }
    #expect(throws: LayerError.self) {
      try SparseCategoricalCrossEntropy().validate(output: [3], target: [3])
    }
    #expect(throws: LayerError.self) {
      try SparseCategoricalCrossEntropy().validate(output: [], target: [])
    }
    #expect(throws: LayerError.self) { try MeanSquaredError().validate(output: [3], target: [2]) }
  }
}

/// A custom layer that declares impossible shapes.
struct UnlikelyShape: SamplewiseLayer {
  var shape: Shape
  var parameter: Shape = []

  func outputShape(for inputs: [Shape]) -> Shape { shape }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("p", shape: parameter, initializer: .zeros)]
  }

  func forward(_ context: LayerContext) {}

  func backward(_ context: LayerContext) {}
}
