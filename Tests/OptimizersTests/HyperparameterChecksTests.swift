import PinionOptimizers
import PinionTensor
import Testing

@Suite struct HyperparameterChecksTests {
  static let optimizers: [(String, any Optimizer)] = [
    ("ConstantRate.value", SGD(learningRate: -0.1)),
    ("ConstantRate.value", Adam(learningRate: LearningRate(.nan))),
    ("ConstantRate.value", Nadam(learningRate: LearningRate(.infinity))),
    ("SGD.momentum", SGD(momentum: -0.1)), ("SGD.momentum", SGD(momentum: 1.1)),
    ("SGD.momentum", SGD(momentum: .nan)),
    ("Adam.beta1", Adam(beta1: 1)), ("Adam.beta1", Adam(beta1: -0.1)),
    ("Adam.beta2", Adam(beta2: 1)), ("Adam.beta2", Adam(beta2: .nan)),
    ("Adam.epsilon", Adam(epsilon: 0)), ("Adam.epsilon", Adam(epsilon: 1e-40)),
    ("Adam.epsilon", Adam(epsilon: .infinity)),
    ("Nadam.beta1", Nadam(beta1: 1)), ("Nadam.beta2", Nadam(beta2: 1)),
    ("Nadam.epsilon", Nadam(epsilon: -1)),
    ("AdamW.beta1", AdamW(beta1: 1)), ("AdamW.weightDecay", AdamW(weightDecay: -1)),
    ("Adamax.beta2", Adamax(beta2: 1)), ("RMSprop.rho", RMSprop(rho: 1)),
    ("RMSprop.momentum", RMSprop(momentum: -1)),
    ("Adagrad.initialAccumulatorValue", Adagrad(initialAccumulatorValue: -1)),
    ("Adadelta.rho", Adadelta(rho: -0.1)), ("Lion.beta1", Lion(beta1: 1)),
    ("LAMB.epsilon", LAMB(epsilon: 0)), ("LARS.trustCoefficient", LARS(trustCoefficient: 0)),
    ("Muon.newtonSchulzSteps", Muon(newtonSchulzSteps: 0)),
    ("Muon.adamBeta2", Muon(adamBeta2: 1)),
    ("Muon.weightNormRatio", Muon(weightNormRatio: 0)),
    ("Muon.sgdMomentum", Muon(sgdMomentum: 1.5)),
    ("Adam.clipping", Adam(clipping: .norm(0))), ("SGD.clipping", SGD(clipping: .value(.nan))),
    ("SGD.weightDecay", SGD(weightDecay: .infinity)),
    ("GradientAccumulation.steps", GradientAccumulation(SGD(), steps: 1)),
    ("Lookahead.slowStep", Lookahead(SGD(), slowStep: 1.5)),
    ("Lookahead.synchronizationPeriod", Lookahead(SGD(), synchronizationPeriod: 0)),
    ("Lookahead.base", Lookahead(GradientAccumulation(Lookahead(SGD()), steps: 2))),
    ("ExponentialMovingAverage.momentum", ExponentialMovingAverage(SGD(), momentum: 2)),
    (
      "ExponentialMovingAverage.overwriteFrequency",
      ExponentialMovingAverage(SGD(), overwriteFrequency: 0)
    ),
    ("SGD.momentum", ExponentialMovingAverage(SGD(momentum: 2))),
  ]

  static let schedules: [(String, LearningRate)] = [
    (
      "ExponentialDecay.initialLearningRate",
      .exponentialDecay(initialLearningRate: -1, decaySteps: 1, decayRate: 1)
    ),
    (
      "ExponentialDecay.decaySteps",
      .exponentialDecay(initialLearningRate: 1, decaySteps: 0, decayRate: 1)
    ),
    (
      "ExponentialDecay.decayRate",
      .exponentialDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 0)
    ),
    (
      "InverseTimeDecay.initialLearningRate",
      .inverseTimeDecay(initialLearningRate: -1, decaySteps: 1, decayRate: 1)
    ),
    (
      "InverseTimeDecay.decaySteps",
      .inverseTimeDecay(initialLearningRate: 1, decaySteps: -1, decayRate: 1)
    ),
    (
      "InverseTimeDecay.decayRate",
      .inverseTimeDecay(initialLearningRate: 1, decaySteps: 1, decayRate: -1)
    ),
    ("CosineDecay.initialLearningRate", .cosineDecay(initialLearningRate: -1, decaySteps: 1)),
    ("CosineDecay.decaySteps", .cosineDecay(initialLearningRate: 1, decaySteps: 0)),
    ("CosineDecay.alpha", .cosineDecay(initialLearningRate: 1, decaySteps: 1, alpha: -1)),
    (
      "CosineDecay.warmupTarget",
      .cosineDecay(initialLearningRate: 1, decaySteps: 1, warmupTarget: -1)
    ),
    (
      "CosineDecay.warmupSteps",
      .cosineDecay(initialLearningRate: 1, decaySteps: 1, warmupTarget: 1, warmupSteps: -1)
    ),
    (
      "CosineDecayRestarts.initialLearningRate",
      .cosineDecayRestarts(initialLearningRate: .nan, firstDecaySteps: 1)
    ),
    (
      "CosineDecayRestarts.firstDecaySteps",
      .cosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 0)
    ),
    (
      "CosineDecayRestarts.tMul",
      .cosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 1, tMul: 0.5)
    ),
    (
      "CosineDecayRestarts.mMul",
      .cosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 1, mMul: -1)
    ),
    (
      "CosineDecayRestarts.alpha",
      .cosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 1, alpha: -1)
    ),
    (
      "PiecewiseConstantDecay.boundaries",
      .piecewiseConstantDecay(boundaries: [3, 3], values: [1, 1, 1])
    ),
    ("PiecewiseConstantDecay.values", .piecewiseConstantDecay(boundaries: [3], values: [1])),
    ("PiecewiseConstantDecay.values", .piecewiseConstantDecay(boundaries: [3], values: [1, -1])),
    (
      "PolynomialDecay.initialLearningRate",
      .polynomialDecay(initialLearningRate: -1, decaySteps: 1)
    ),
    ("PolynomialDecay.decaySteps", .polynomialDecay(initialLearningRate: 1, decaySteps: 0)),
    (
      "PolynomialDecay.endLearningRate",
      .polynomialDecay(initialLearningRate: 1, decaySteps: 1, endLearningRate: -1)
    ),
    ("OneCycle.totalSteps", .oneCycle(maximumRate: 1, totalSteps: 0)),
    ("OneCycle.riseFraction", .oneCycle(maximumRate: 1, totalSteps: 1, riseFraction: 2)),
    ("OneCycle.divisionFactor", .oneCycle(maximumRate: 1, totalSteps: 1, divisionFactor: 0)),
    ("CyclicRate.maximumRate", .cyclic(baseRate: 1, maximumRate: 0.5)),
    ("CyclicRate.riseSteps", .cyclic(baseRate: 0, maximumRate: 1, riseSteps: 0)),
    (
      "CyclicRate.kind.gamma",
      .cyclic(baseRate: 0, maximumRate: 1, kind: .exponential(gamma: 0))
    ),
    ("Warmup.steps", .warmup(steps: -1, then: 1)),
    ("ConstantRate.value", .warmup(steps: 1, then: -1)),
    ("ByEpoch.stepsPerEpoch", .byEpoch(stepsPerEpoch: 0, 1)),
    ("PolynomialDecay.power", .polynomialDecay(initialLearningRate: 1, decaySteps: 1, power: 0)),
  ]

  @Test(arguments: optimizers.indices) func optimizersNameTheFault(index: Int) {
    let (what, optimizer) = Self.optimizers[index]
    let error = #expect(throws: ArgumentError.self) { try optimizer.validate() }
    #expect(error?.place == what)
  }

  @Test(arguments: schedules.indices) func schedulesNameTheFault(index: Int) {
    let (what, rate) = Self.schedules[index]
    let error = #expect(throws: ArgumentError.self) {
      try Nadam(learningRate: rate).validate()
    }
    #expect(error?.place == what)
  }

  @Test func messageSaysWhatWasExpectedAndFound() {
    let error = #expect(throws: ArgumentError.self) { try Adam(beta1: 1.5).validate() }
    #expect(error?.description == "Adam.beta1: expected at least 0 and less than 1, found 1.5")
  }

  @Test func soundOnesPass() throws {
    for optimizer in OptimizerStateTests.optimizers { try optimizer.validate() }
    for rate in LearningRateTests.rates { try rate.validate() }
    try SGD(learningRate: 0, momentum: 1).validate()
  }
}
