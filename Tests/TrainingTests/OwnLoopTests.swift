import Pinion
import Testing

/// Updates, gradients and searches outside of `fit`.
@Suite struct OwnLoopTests {
  private func model(_ optimizer: some Optimizer = Adam(), threads: Int = 2) throws -> Model {
    try Model(Samples.personal(), optimizer: optimizer, seed: 5, threads: threads)
  }

  /// Batches given one by one train as `fit` does, and report what it does.
  @Test func batchesTrainAsFit() throws {
    let data = try Samples.images(40)
    let (fitted, looped) = (try model(), try model())
    let history = try fitted.fit(data, epochs: 1, batchSize: 10, shuffle: false, verbose: false)
    let loader = try BatchLoader(data, batchSize: 10)
    try loader.startEpoch(epoch: 0)
    var losses: [Double] = []
    while let batch = try loader.next() { losses.append(try looped.trainOnBatch(batch).loss) }
    #expect(looped.bits == fitted.bits)
    #expect(abs(losses.reduce(0, +) / 4 - history["loss"][0]) < 1e-12)
    #expect(looped.steps == 4)
  }

  /// A step in two halves is a step.
  @Test(arguments: [1, 2, 3]) func gradientsMakeTheStep(threads: Int) throws {
    let data = try Samples.images(12)
    let optimizer = AdamW(clipping: .globalNorm(0.01))
    let (whole, halves) = (
      try model(optimizer, threads: 1), try model(optimizer, threads: threads)
    )
    for _ in 0..<3 {
      let evaluation = try whole.trainOnBatch(data)
      let gradients = try halves.gradients(of: data)
      #expect(gradients.loss == evaluation.loss)
      #expect(gradients.norm > 0.01)
      try halves.apply(gradients)
    }
    #expect(whole.bits == halves.bits)
  }

  @Test func gradientsAreReadAndChanged() throws {
    let model = try Model(
      Samples.line(), optimizer: SGD(learningRate: 0.5), loss: .meanSquaredError, metrics: [],
      threads: 1)
    model.weights.trainable[0] = 2
    model.weights.trainable[1] = 1
    // y = 2x + 1 beside 0: losses 9 and 25, slopes 2(2x + 1)x and 2(2x + 1).
    let gradients = try model.gradients(
      of: Tensor([[1], [2]]), targets: Tensor([0, 0]))
    #expect(gradients.loss == 17)
    #expect(gradients.names == ["dense/kernel", "dense/bias"])
    #expect(gradients["dense/kernel"].elements == [13])
    #expect(gradients["dense/bias"].elements == [8])
    gradients["dense/bias"] = Tensor([0])
    try model.apply(gradients)
    #expect(model.weights.trainable.array == [2 - 6.5, 1])
    gradients["dense/bias"] = Tensor([Float.nan])
    #expect(throws: TrainingError.self) { try model.apply(gradients) }
    #expect(model.weights.trainable.array == [2 - 6.5, 1])
  }

  @Test func batchesOfOtherNetworksAreErrors() throws {
    let model = try model()
    #expect(throws: (any Error).self) {
      try model.trainOnBatch(Tensor.zeros([2, 3]), targets: Tensor.zeros([2]))
    }
    #expect(throws: (any Error).self) {
      try model.trainOnBatch(Tensor.zeros([2, 7, 7, 1]), targets: Tensor.zeros([3]))
    }
    let loader = try BatchLoader(Samples.indices(4), batchSize: 4)
    try loader.startEpoch()
    let batch = try #require(try loader.next())
    #expect(throws: TrainingError.self) { try model.trainOnBatch(batch) }
    #expect(model.steps == 0)
  }

  /// Targets of several axes, of one output and of two, train as in `fit`.
  @Test func targetsOfMapsTrainAsInFit() throws {
    let input = Input([4, 4, 1])
    let maps = Conv2D(2, kernel: 1)(input)
    let classes = Conv2D(3, kernel: 1, activation: .softmax)(input)
    func model(_ graph: Graph, _ loss: any Loss) throws -> Model {
      try Model(graph, optimizer: SGD(), losses: [loss], seed: 1, threads: 1)
    }
    let (x, y) = (Self.values([5, 4, 4, 1]), Self.values([5, 4, 4, 2]))
    let labels = Tensor(shape: [5, 4, 4, 1], elements: (0..<80).map { Float($0 % 3) })
    let cases: [(Graph, any Loss, Tensor)] = [
      (try Graph(input: input, output: maps), .meanSquaredError, y),
      (try Graph(input: input, output: classes), .sparseCategoricalCrossEntropy, labels),
    ]
    for (graph, loss, targets) in cases {
      let (fitted, looped, applied) = (
        try model(graph, loss), try model(graph, loss), try model(graph, loss)
      )
      let data = try ArrayDataset(inputs: x, targets: targets)
      try fitted.fit(data, epochs: 1, batchSize: 5, shuffle: false, verbose: false)
      try looped.trainOnBatch(x, targets: targets)
      try applied.apply(applied.gradients(of: x, targets: targets))
      #expect(looped.bits == fitted.bits)
      #expect(applied.bits == fitted.bits)
    }
    let flat = Tensor(shape: [5, 16], elements: labels.elements)
    let refusing = try model(cases[1].0, cases[1].1)
    #expect(throws: LayerError.self) { try refusing.trainOnBatch(x, targets: flat) }
  }

  private static func values(_ shape: Shape) -> Tensor {
    Tensor(shape: shape, elements: (0..<shape.elementCount).map { Float($0 * 7 % 11) / 11 })
  }

  /// A loss that may be negative ends no search.
  @Test func aSearchGoesOnUnderNegativeLosses() throws {
    let model = try Model(
      Sequential(input: [7, 7, 1]) {
        Flatten()
        Dense(3)
      }, optimizer: SGD(), loss: .cosineSimilarity, metrics: [], seed: 2, threads: 1)
    let data = try Samples.images(40, encoding: .oneHot)
    let search = try model.searchLearningRate(
      data, from: 1e-6, to: 1e-3, steps: 20, batchSize: 10)
    #expect(search.rates.count == 20)
    #expect(search.losses.contains { $0 < 0 })
  }

  @Test(arguments: [Double.nan, .infinity, -1]) func ratesThatAreNoneAreRefused(rate: Double) throws
  {
    struct Constant: LearningRateSchedule {
      let value: Double
      func rate(at step: Int) -> Double { value }
    }
    let data = try Samples.images(10)
    let refused = TrainingError.argument(
      "the learning rate", expected: "0 or more, finite", found: "\(rate)")
    let scheduled = try model(SGD(learningRate: LearningRate(Constant(value: rate))))
    let set = try model(SGD())
    set.learningRate = rate
    for model in [scheduled, set] {
      let before = model.bits
      #expect(throws: refused) { try model.fit(data, epochs: 1, verbose: false) }
      #expect(throws: refused) { try model.trainOnBatch(data) }
      let gradients = try model.gradients(of: data)
      #expect(throws: refused) { try model.apply(gradients) }
      #expect(model.steps == 0)
      #expect(model.bits.prefix(50) == before.prefix(50))
    }
  }

  @Test(arguments: [1, 3]) func learningRateSearchChangesNothing(threads: Int) throws {
    let model = try model(Nadam(), threads: threads)
    let data = try Samples.images(50)
    try model.fit(data, epochs: 1, batchSize: 10, verbose: false)
    let (before, steps) = (model.bits, model.steps)
    let search = try model.searchLearningRate(
      data, from: 1e-5, to: 10, steps: 31, batchSize: 10)
    #expect(model.bits == before && model.steps == steps && model.learningRate == 0.001)
    #expect(search.rates.count == search.losses.count && search.rates.count >= 10)
    #expect(abs(search.rates[1] / search.rates[0] - 1.584_893_192) < 1e-8)
    let (steepest, lowest) = (try #require(search.steepest), try #require(search.lowest))
    #expect(search.rates.contains(steepest) && search.rates.contains(lowest))
    #expect(
      try model.searchLearningRate(data, from: 1e-5, to: 10, steps: 31, batchSize: 10) == search)
    #expect(throws: TrainingError.self) { try model.searchLearningRate(data, from: 1, to: 0.5) }
    #expect(throws: TrainingError.self) { try model.searchLearningRate(data, steps: 1) }
  }
}
