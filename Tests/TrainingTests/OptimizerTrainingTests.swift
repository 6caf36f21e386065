import Pinion
import Testing

/// Each optimizer with each schedule makes the loss less.
@Suite struct OptimizerTrainingTests {
  static let rates: [LearningRate] = [
    0.01,
    .exponentialDecay(initialLearningRate: 0.01, decaySteps: 10, decayRate: 0.9),
    .inverseTimeDecay(initialLearningRate: 0.01, decaySteps: 10, decayRate: 0.5),
    .cosineDecay(initialLearningRate: 0.01, decaySteps: 50),
    .cosineDecayRestarts(initialLearningRate: 0.01, firstDecaySteps: 10),
    .piecewiseConstantDecay(boundaries: [5, 20], values: [0.01, 0.005, 0.001]),
    .polynomialDecay(initialLearningRate: 0.01, decaySteps: 50),
    .warmup(steps: 5, then: .oneCycle(maximumRate: 0.02, totalSteps: 30)),
  ]

  static let optimizers: [any Optimizer] = [
    SGD(), SGD(momentum: 0.9), SGD(momentum: 0.9, nesterov: true), Adam(), Adam(amsgrad: true),
    Nadam(), AdamW(clipping: .globalNorm(1)), RMSprop(), Adagrad(), Adamax(), Lion(),
    LAMB(), Muon(), Lookahead(Adam()),
  ]

  @Test(arguments: optimizers.indices, rates.indices)
  func theLossFalls(optimizer: Int, rate: Int) throws {
    var rule = Self.optimizers[optimizer]
    rule.learningRate = Self.rates[rate]
    let model = try make(rule)
    let data = try Samples.images(60)
    let before = try model.evaluate(data).loss
    let history = try model.fit(data, epochs: 5, batchSize: 10, verbose: false)
    #expect(history["loss"].allSatisfy { $0.isFinite })
    #expect(try model.evaluate(data).loss < before - 0.01)
    #expect(model.learningRate == Self.rates[rate].rate(at: 30))
  }

  @Test func hyperparametersAreCheckedBeforeTraining() throws {
    #expect(throws: ArgumentError.self) { try make(Adam(learningRate: -1)) }
    #expect(throws: ArgumentError.self) { try make(SGD(momentum: 2)) }
  }

  private func make(_ optimizer: some Optimizer) throws -> Model {
    try Model(Samples.perceptron(), optimizer: optimizer, threads: 1)
  }
}
