import Pinion
import Testing

/// Invalid combinations throw an error with a remedy before any weight changes.
@Suite struct RefusedTrainingTests {
  private func labels(_ classes: Int) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: (0..<20).map { Float($0) / 20 }, inputShape: [1],
      targets: (0..<20).map { Float($0 % classes) }, targetShape: [1])
  }

  private func oneHot() throws -> ArrayDataset {
    try ArrayDataset(
      inputs: (0..<20).map { Float($0) / 20 }, inputShape: [1],
      targets: (0..<20).flatMap { [Float($0 % 2), Float(1 - $0 % 2)] }, targetShape: [2])
  }

  /// Training and evaluating throw an error that says all of `words`, and change nothing.
  private func expectRefusal(
    _ model: Model, _ data: some Dataset, says words: [String],
    _ location: SourceLocation = #_sourceLocation
  ) {
    let before = model.bits
    for run in [
      { _ = try model.fit(data, verbose: false) }, { _ = try model.evaluate(data) },
    ] as [() throws -> Void] {
      let error = #expect(throws: (any Error).self, sourceLocation: location) { try run() }
      let text = error.map { "\($0)" } ?? ""
      for word in words {
        #expect(text.contains(word), "\(text)", sourceLocation: location)
      }
    }
    #expect(model.bits == before && model.steps == 0 && model.epochsBegun == 0)
  }

  @Test(arguments: [nil, []] as [[any Metric]?]) func oneOutputUnit(metrics: [any Metric]?) throws {
    for activation in [Sigmoid(), Linear(), Softmax()] as [any ActivationFunction] {
      func dense(_ activation: some ActivationFunction) -> [any Layer] {
        [Dense(1, activation: activation)]
      }
      let model = try Model(
        Sequential(input: [1]) { dense(activation) }, metrics: metrics, threads: 1)
      guard !(activation is Linear) else {
        expectRefusal(model, try labels(2), says: ["softmax"])
        continue
      }
      expectRefusal(
        model, try labels(2), says: ["at least two", "Dense(2, activation: .softmax)", "(1,)"])
    }
  }

  /// Without metrics, too, a class that the network does not have is no matter of NaN.
  @Test(arguments: [nil, []] as [[any Metric]?]) func aClassTooMany(metrics: [any Metric]?) throws {
    let model = try Model(
      Sequential(input: [1]) { Dense(2, activation: .softmax) }, metrics: metrics, threads: 2)
    let data = try labels(3)
    let error = TrainingError.target(sample: 2, value: 2, classes: 2)
    #expect(throws: error) { try model.evaluate(data) }
    #expect(throws: TrainingError.target(sample: 2, value: 2, classes: 2)) {
      try model.evaluate(data, batchSize: 2)
    }
    #expect(
      error.description
        == "sample 2 of the evaluated data set has the target 2.0; the network tells the classes 0 to 1 apart"
    )
    #expect(throws: error) { try model.fit(labels(2), validation: data, verbose: false) }
  }

  @Test func outputsThatAreNoProbabilities() throws {
    let networks: [(layers: [any Layer], name: String, activation: String)] = [
      ([Dense(2)], "dense", "Linear"), ([Dense(2, activation: .relu)], "dense", "ReLU"),
      ([Dense(2, activation: .leakyReLU)], "dense", "LeakyReLU"),
      ([Dense(2, activation: .tanh, name: "head")], "head", "Tanh"),
      ([Dense(2), Flatten(), Dropout(0.5)], "dense", "Linear"),
      ([Dense(2), Activation(.relu)], "activation", "ReLU"),
      ([Dense(2), BatchNormalization()], "batch_normalization", "Linear"),
    ]
    for (layers, name, activation) in networks {
      let model = try Model(Sequential(input: [1]) { layers }, threads: 1)
      let words = ["\"\(name)\"", activation, "activation: .softmax", "fromLogits: true"]
      expectRefusal(model, try labels(2), says: words)
      let dense = try Model(
        Sequential(input: [1]) { layers }, loss: .categoricalCrossEntropy, threads: 1)
      expectRefusal(dense, try oneHot(), says: words)
      // What a loss over logits, and a regression, take.
      try Model(
        Sequential(input: [1]) { layers }, loss: .sparseCategoricalCrossEntropy(fromLogits: true),
        threads: 1
      ).fit(labels(2), verbose: false)
      try Model(
        Sequential(input: [1]) { layers }, loss: .meanSquaredError, threads: 1
      ).fit(oneHot(), verbose: false)
    }
  }

  /// Layers that select or add values make no probabilities of others.
  @Test func outputsThatCombineNoProbabilities() throws {
    let input = Input([1])
    let (linear, probabilities) = (
      Dense(2, name: "head")(input), Dense(2, activation: .softmax)(input)
    )
    var sum = Add()(linear, probabilities)
    // As many paths as 2³⁰.
    for _ in 0..<30 { sum = Add()(sum, sum) }
    for output in [Add()(probabilities, linear), Flatten()(Add()(linear, linear)), sum] {
      let model = try Model(Graph(input: input, output: output), threads: 1)
      expectRefusal(model, try labels(2), says: ["\"head\"", "Linear", "activation: .softmax"])
      try Model(
        Graph(input: input, output: output), loss: .sparseCategoricalCrossEntropy(fromLogits: true),
        threads: 1
      ).fit(labels(2), verbose: false)
    }
    let pooled = try Model(
      Sequential(input: [7, 7, 1]) {
        Conv2D(3, kernel: 3, activation: .relu, name: "head")
        MaxPool2D(5)
        Flatten()
      }, threads: 1)
    expectRefusal(pooled, try Samples.images(20), says: ["\"head\"", "ReLU"])
    let maximum = try Model(
      Sequential(input: [7, 7, 1]) {
        Conv2D(3, kernel: 3, activation: .sigmoid)
        MaxPool2D(5)
        Flatten()
      }, threads: 1)
    try maximum.fit(Samples.images(20), verbose: false)
    #expect(maximum.steps == 1)
  }

  @Test func whatABinaryLossDoesNotTake() throws {
    func model(_ activation: some ActivationFunction, _ loss: some Loss) throws -> Model {
      try Model(
        Sequential(input: [1]) { Dense(1, activation: activation) }, loss: loss, threads: 1)
    }
    expectRefusal(
      try model(.linear, .binaryCrossEntropy), try labels(2),
      says: ["\"dense\"", "activation: .sigmoid", "fromLogits: true", "Linear"])
    expectRefusal(
      try model(.sigmoid, .binaryCrossEntropy(fromLogits: true)), try labels(2),
      says: ["\"dense\"", "logits", "Sigmoid"])
    expectRefusal(
      try model(.sigmoid, .huber(delta: 0)), try labels(2), says: ["delta", "positive", "0.0"])
    let wide = try Model(
      Sequential(input: [1]) { Dense(3, activation: .sigmoid) }, loss: .binaryCrossEntropy,
      threads: 1)
    expectRefusal(wide, try labels(2), says: ["(3,)", "sparse categorical", "(1,)"])
    let binary = try model(.sigmoid, .binaryCrossEntropy)
    #expect(
      throws: TrainingError.targetRange(sample: 2, value: 2, expected: 0...1)
    ) { try binary.evaluate(labels(3)) }
    // The first batch that has such a target is the first that can tell.
    let before = binary.bits
    let error = #expect(throws: TrainingError.self) { try binary.fit(labels(3), verbose: false) }
    #expect(error?.description.contains("target 2.0") == true, "\(String(describing: error))")
    #expect(binary.bits == before && binary.steps == 0)
    #expect(
      throws: TrainingError.targetRange(sample: 2, value: 2, expected: -1...1)
    ) { try model(.sigmoid, .hinge).evaluate(labels(3)) }
    try model(.sigmoid, .binaryCrossEntropy).fit(labels(2), verbose: false)
  }

  @Test func outputsThatMayBeProbabilities() throws {
    struct Square: ActivationFunction {
      func apply(to values: MemoryView<Float>, width: Int) {
        for i in values.indices { values[i] *= values[i] }
      }
      func applyGradient(
        to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
      ) {}
    }
    let networks: [[any Layer]] = [
      [Dense(2, activation: .sigmoid)], [Dense(2, activation: .softmax), Flatten()],
      [Dense(2), Activation(.softmax), Dropout(0.1)], [Dense(2, activation: Square())],
      [Dense(2), Fuse(limit: 100)],
    ]
    for layers in networks {
      let model = try Model(Sequential(input: [1]) { layers }, threads: 1)
      try model.fit(labels(2), verbose: false)
      #expect(model.steps == 1)
    }
  }

  @Test func aSoftmaxBeforeALossOverLogits() throws {
    let model = try Model(
      Sequential(input: [1]) { Dense(2, activation: .softmax) },
      loss: .sparseCategoricalCrossEntropy(fromLogits: true), threads: 1)
    expectRefusal(model, try labels(2), says: ["\"dense\"", "logits", "Softmax"])
  }

  @Test func aForgottenFlatten() throws {
    let images = try Samples.images(20)
    for layers in [
      [Conv2D(4, kernel: 3, activation: .relu), Dense(3, activation: .softmax)],
      [Dense(8, activation: .relu), Dense(3, activation: .softmax)],
    ] as [[any Layer]] {
      let model = try Model(Sequential(input: [7, 7, 1]) { layers }, threads: 1)
      expectRefusal(
        model, images,
        says: ["Flatten()", "\(model.graph.outputShape)", "targets of shape (1,)"])
    }
  }

  /// Metrics are asked before the first step, not by it.
  @Test func aMetricThatDoesNotGoWithTheData() throws {
    let line = try Model(
      Sequential(input: [1]) { Dense(2) }, loss: .meanSquaredError, metrics: [Accuracy()],
      threads: 1)
    let data = try ArrayDataset(
      inputs: [0, 1], inputShape: [1], targets: [0, 1, 1, 0], targetShape: [2])
    try line.fit(data, verbose: false)
    let single = try Model(
      Sequential(input: [1]) { Dense(1) }, loss: .meanSquaredError, metrics: [Accuracy()],
      threads: 1)
    expectRefusal(single, try labels(2), says: ["\"accuracy\"", "two classes", "(1,)"])
  }

  /// A metric of the user's that throws only when it sees the first batch costs no update, and the
  /// layers' state is put back.
  @Test func aMetricThatThrows() throws {
    struct Refusal: Error {}
    struct Refusing: Metric {
      var name: String { "refusing" }
      var higherIsBetter: Bool { true }
      var value: Double { 0.0 }
      mutating func reset() {}
      mutating func add(
        predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
      ) throws { throw Refusal() }
    }
    let model = try Model(Samples.personal(), metrics: [Refusing()], threads: 2)
    let before = model.bits
    #expect(throws: Refusal.self) { try model.fit(Samples.images(20), verbose: false) }
    #expect(model.bits == before && model.steps == 0)
  }

  /// A metric of the user's may be asked for shapes, and is given the classes.
  @Test func usersMetricsAreAskedForShapes() throws {
    struct Picky: Metric {
      var name: String { "picky" }
      var higherIsBetter: Bool { true }
      var value: Double { Double(classes) }
      private var classes = 0
      mutating func reset() { classes = 0 }
      func validate(output: Shape, target: Shape) throws {
        guard output == [3] else { throw LayerError("three outputs", received: "\(output)") }
      }
      mutating func add(predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int) {}
      mutating func add(
        predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int, classes: Int
      ) { self.classes = classes }
    }
    let two = try Model(
      Sequential(input: [1]) { Dense(2, activation: .softmax) }, metrics: [Picky()], threads: 1)
    expectRefusal(two, try labels(2), says: ["three outputs"])
    let three = try Model(
      Sequential(input: [1]) { Dense(3, activation: .softmax) }, metrics: [Picky()], threads: 1)
    #expect(try three.fit(labels(3), verbose: false)["picky"] == [3])
  }
}
