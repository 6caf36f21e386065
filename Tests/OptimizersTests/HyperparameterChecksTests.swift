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
  ]

  static let schedules: [(String, any LearningRateSchedule)] = [
    (
      "ExponentialDecay.initialLearningRate",
      ExponentialDecay(initialLearningRate: -1, decaySteps: 1, decayRate: 1)
    ),
    (
      "ExponentialDecay.decaySteps",
      ExponentialDecay(initialLearningRate: 1, decaySteps: 0, decayRate: 1)
    ),
    (
      "ExponentialDecay.decayRate",
      ExponentialDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 0)
    ),
    (
      "InverseTimeDecay.initialLearningRate",
      InverseTimeDecay(initialLearningRate: -1, decaySteps: 1, decayRate: 1)
    ),
    (
      "InverseTimeDecay.decaySteps",
      InverseTimeDecay(initialLearningRate: 1, decaySteps: -1, decayRate: 1)
    ),
    (
      "InverseTimeDecay.decayRate",
      InverseTimeDecay(initialLearningRate: 1, decaySteps: 1, decayRate: -1)
    ),
    ("CosineDecay.initialLearningRate", CosineDecay(initialLearningRate: -1, decaySteps: 1)),
    ("CosineDecay.decaySteps", CosineDecay(initialLearningRate: 1, decaySteps: 0)),
    ("CosineDecay.alpha", CosineDecay(initialLearningRate: 1, decaySteps: 1, alpha: -1)),
    (
      "CosineDecay.warmupTarget",
      CosineDecay(initialLearningRate: 1, decaySteps: 1, warmupTarget: -1)
    ),
    (
      "CosineDecay.warmupSteps",
      CosineDecay(initialLearningRate: 1, decaySteps: 1, warmupTarget: 1, warmupSteps: -1)
    ),
    (
      "CosineDecayRestarts.initialLearningRate",
      CosineDecayRestarts(initialLearningRate: .nan, firstDecaySteps: 1)
    ),
    (
      "CosineDecayRestarts.firstDecaySteps",
      CosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 0)
    ),
    (
      "CosineDecayRestarts.tMul",
      CosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 1, tMul: 0.5)
    ),
    (
      "CosineDecayRestarts.mMul",
      CosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 1, mMul: -1)
    ),
    (
      "CosineDecayRestarts.alpha",
      CosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 1, alpha: -1)
    ),
    (
      "PiecewiseConstantDecay.boundaries",
      PiecewiseConstantDecay(boundaries: [3, 3], values: [1, 1, 1])
    ),
    ("PiecewiseConstantDecay.values", PiecewiseConstantDecay(boundaries: [3], values: [1])),
    ("PiecewiseConstantDecay.values", PiecewiseConstantDecay(boundaries: [3], values: [1, -1])),
    (
      "PolynomialDecay.initialLearningRate", PolynomialDecay(initialLearningRate: -1, decaySteps: 1)
    ),
    ("PolynomialDecay.decaySteps", PolynomialDecay(initialLearningRate: 1, decaySteps: 0)),
    (
      "PolynomialDecay.endLearningRate",
      PolynomialDecay(initialLearningRate: 1, decaySteps: 1, endLearningRate: -1)
    ),
    ("PolynomialDecay.power", PolynomialDecay(initialLearningRate: 1, decaySteps: 1, power: 0)),
  ]

  @Test(arguments: optimizers.indices) func optimizersNameTheFault(index: Int) {
    let (place, optimizer) = Self.optimizers[index]
    let error = #expect(throws: ArgumentError.self) { try optimizer.validate() }
    #expect(error?.place == place)
  }

  @Test(arguments: schedules.indices) func schedulesNameTheFault(index: Int) {
    let (place, schedule) = Self.schedules[index]
    let error = #expect(throws: ArgumentError.self) {
      try Nadam(learningRate: LearningRate(schedule)).validate()
    }
    #expect(error?.place == place)
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
