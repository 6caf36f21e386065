import Pinion
import Synchronization
import Testing

/// What `fit`, `evaluate` and `predict` mean, as in Keras.
@Suite struct FitTests {
  /// One-dimensional data whose order can be watched: sample i is the number i.
  private final class Numbers: Dataset {
    let count: Int
    let inputShape: Shape = [1]
    let targetShape: Shape = [1]
    private let seen = Atomic<Int>(0)

    init(_ count: Int) { self.count = count }

    func copyInput(at index: Int, into view: MemoryView<Float>) {
      seen.add(1, ordering: .relaxed)
      view[0] = Float(index)
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(index) / 10 }

    var reads: Int { seen.load(ordering: .relaxed) }
  }

  private func linear(rate: LearningRate = 0.001, seed: UInt64 = 1) throws -> Model {
    try Model(
      Sequential(input: [1]) { Dense(1) }, optimizer: SGD(learningRate: rate),
      loss: .meanSquaredError, metrics: [], seed: seed)
  }

  @Test func anEpochReadsEverySampleOnceAndTheLastBatchToo() throws {
    let numbers = Numbers(23)
    var batches = 0
    let count = ClosureCallback(batchDidEnd: { _, _, run in
      batches += 1
      #expect(run.batchesPerEpoch == 3)
    })
    try linear(rate: 0).fit(numbers, epochs: 2, batchSize: 10, callbacks: [count], verbose: false)
    #expect(batches == 6)
    #expect(numbers.reads == 46)
  }

  @Test func theEpochsLossIsTheMeanOverItsSamples() throws {
    // With the rate 0 the weights stay, so that the running mean is the mean.
    let model = try linear(rate: 0)
    let history = try model.fit(
      Numbers(23), validation: Numbers(7), epochs: 1, batchSize: 10, verbose: false)
    let (w, b) = (model.weights.trainable[0], model.weights.trainable[1])
    func mean(_ count: Int) -> Double {
      (0..<count).reduce(0) { sum, i in
        let error = Double(w * Float(i) + b - Float(i) / 10)
        return sum + error * error / Double(count)
      }
    }
    #expect(abs(history["loss"][0] - mean(23)) < 1e-5 * mean(23))
    #expect(abs(history["val_loss"][0] - mean(7)) < 1e-5 * mean(7))
    #expect(history.keys == ["loss", "val_loss"])
    let evaluated = try model.evaluate(Numbers(7)).loss
    #expect(abs(evaluated - mean(7)) < 1e-5 * mean(7))
  }

  @Test func oneStepOfGradientDescentIsTheFormula() throws {
    let model = try linear(rate: 0.01)
    let (w, b) = (model.weights.trainable[0], model.weights.trainable[1])
    try model.fit(Numbers(3), epochs: 1, batchSize: 3, shuffle: false, verbose: false)
    var (dw, db): (Float, Float) = (0, 0)
    for i in 0..<3 {
      let error = w * Float(i) + b - Float(i) / 10
      dw += 2 * error * Float(i) / 3
      db += 2 * error / 3
    }
    #expect(abs(model.weights.trainable[0] - (w - 0.01 * dw)) < 1e-6)
    #expect(abs(model.weights.trainable[1] - (b - 0.01 * db)) < 1e-6)
  }

  @Test func aSecondFitGoesOn() throws {
    let images = try Toy.images(40)
    let whole = try Toy.model()
    try whole.fit(images, epochs: 3, batchSize: 16, verbose: false)
    let parts = try Toy.model()
    try parts.fit(images, epochs: 1, batchSize: 16, verbose: false)
    try parts.fit(images, epochs: 2, batchSize: 16, verbose: false)
    #expect(whole.weights.trainable.array == parts.weights.trainable.array)
    #expect(whole.steps == 9)
  }

  @Test func aNetworkLearns() throws {
    let model = try Toy.model(optimizer: Adam(learningRate: 0.01))
    let history = try model.fit(
      Toy.images(240), validation: Toy.images(60, seed: 2), epochs: 40, batchSize: 24,
      verbose: false)
    #expect(history["loss"].last! < history["loss"][0] / 2)
    let accuracy = try model.evaluate(Toy.images(60, seed: 7)).accuracy
    #expect(try #require(accuracy) > 0.9)
    let predictions = try model.predict(Toy.images(3, seed: 7))
    #expect(predictions.shape == [3, 3])
    #expect((predictions.sum(along: 1) - 1).abs().max() < 1e-5)
  }

  @Test(arguments: [1, 100]) func extremeBatchSizes(batchSize: Int) throws {
    let model = try Toy.model()
    let history = try model.fit(
      Toy.images(5), validation: Toy.images(3), epochs: 2, batchSize: batchSize, verbose: false)
    #expect(history.epochs == [0, 1])
    #expect(Toy.areFinite(model.weights.trainable.array))
  }

  @Test func noEpochsChangeNothing() throws {
    let model = try Toy.model()
    let before = model.weights.trainable.array
    let history = try model.fit(Toy.images(5), epochs: 0, verbose: false)
    #expect(history.epochs.isEmpty)
    #expect(model.weights.trainable.array == before)
  }

  @Test func everyOptimizerTakesEverySchedule() throws {
    let schedules: [LearningRate] = [
      0.01, .exponentialDecay(initialLearningRate: 0.01, decaySteps: 2, decayRate: 0.5),
      .cosineDecay(initialLearningRate: 0.01, decaySteps: 4),
      .piecewiseConstantDecay(boundaries: [2], values: [0.01, 0.001]),
    ]
    for rate in schedules {
      func weights(_ optimizer: some Optimizer) throws -> [Float] {
        let model = try Toy.model(optimizer: optimizer)
        try model.fit(Toy.images(30), epochs: 2, batchSize: 10, verbose: false)
        #expect(model.learningRate == rate.rate(at: 6))
        return model.weights.trainable.array
      }
      let all = [
        try weights(SGD(learningRate: rate)),
        try weights(SGD(learningRate: rate, momentum: 0.9, nesterov: true)),
        try weights(Adam(learningRate: rate)), try weights(Nadam(learningRate: rate)),
      ]
      #expect(Toy.areFinite(all.flatMap { $0 }))
      #expect(Set(all).count == 4)
    }
  }

  @Test func bestWeightsComeBack() throws {
    let model = try Toy.model(optimizer: Adam(learningRate: 0.05))
    var weights: [[Float]] = []
    let record = ClosureCallback(epochDidEnd: { _, _, _ in
      weights.append(model.weights.trainable.array + model.weights.nonTrainable.array)
    })
    let stopping = EarlyStopping(patience: 2, restoreBestWeights: true)
    try model.fit(
      Toy.images(24), validation: Toy.images(30, seed: 5), epochs: 30, batchSize: 8,
      callbacks: [stopping, record], verbose: false)
    let best = try #require(stopping.bestEpoch)
    #expect(best < weights.count - 1)
    #expect(weights[best] == model.weights.trainable.array + model.weights.nonTrainable.array)
  }

  @Test func interruptionEndsAfterTheBatch() throws {
    let model = try Toy.model()
    var ended = false
    let callback = ClosureCallback(
      batchDidEnd: { batch, _, run in if batch == 1 { run.interrupt() } },
      trainingDidEnd: { _, _ in ended = true })
    let history = try model.fit(
      Toy.images(40), epochs: 5, batchSize: 10, callbacks: [callback], verbose: false)
    #expect(model.steps == 2)
    #expect(history.epochs.isEmpty)
    #expect(ended)
  }

  @Test func dataThatDoNotFitAreErrors() throws {
    let model = try Toy.model()
    let images = try Toy.images(5)
    #expect(throws: TrainingError.self) { try model.fit(Numbers(3), verbose: false) }
    #expect(throws: TrainingError.self) { try model.fit(images.prefix(0), verbose: false) }
    #expect(throws: TrainingError.self) { try model.fit(images, epochs: -1, verbose: false) }
    #expect(throws: DatasetError.self) { try model.fit(images, batchSize: 0, verbose: false) }
    #expect(throws: LayerError.self) {
      try model.fit(Toy.images(5, encoding: .index), verbose: false)
    }
    #expect(throws: TrainingError.self) { try model.evaluate(Numbers(3)) }
    #expect(throws: TrainingError.self) { try model.predict(Numbers(3)) }
    #expect(throws: TrainingError.self) { try model.predict(Tensor.zeros([2, 5, 6, 1])) }
    #expect(throws: TrainingError.self) {
      try model.predict(Tensor.zeros([2, 6, 6, 1]), threads: 0)
    }
    #expect(throws: HyperparameterError.self) {
      try Toy.model(optimizer: Adam(learningRate: .init(.nan)))
    }
    #expect(try model.predict(Tensor.zeros([0, 6, 6, 1])).shape == [0, 3])
  }
}
