import Foundation
import PinionOptimizers
import PinionTensor
import Testing

/// Types as a user's module would define them.
struct Halving: LearningRateSchedule {
  var start: Double
  func rate(at step: Int) -> Double { start / Double(1 << step) }
}

struct SignDescent: Optimizer {
  var learningRate: LearningRate = 0.5
  var slotNames: [String] { [] }

  func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(learningRate)
  }

  func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    for i in parameters.indices {
      parameters[i] -= gradients[i] < 0 ? -coefficients[0] : coefficients[0]
    }
  }
}

@Suite struct LearningRateTests {
  struct Holder: Codable, Equatable {
    @Configured var optimizer: any Optimizer
  }

  static let rates: [LearningRate] = [
    0.25, 1, .constant(0.5),
    .exponentialDecay(
      initialLearningRate: 0.1, decaySteps: 7, decayRate: 0.9, staircase: true),
    .inverseTimeDecay(initialLearningRate: 0.2, decaySteps: 8, decayRate: 0.8, staircase: true),
    .cosineDecay(
      initialLearningRate: 0.3, decaySteps: 9, alpha: 0.1, warmupTarget: 0.7, warmupSteps: 3),
    .cosineDecay(initialLearningRate: 0.3, decaySteps: 9),
    .cosineDecayRestarts(
      initialLearningRate: 0.4, firstDecaySteps: 10, tMul: 1.5, mMul: 0.5, alpha: 0.2),
    .piecewiseConstantDecay(boundaries: [3, 5], values: [0.5, 0.25, 0.125]),
    .polynomialDecay(
      initialLearningRate: 0.5, decaySteps: 11, endLearningRate: 0.01, power: 2, cycle: true),
    LearningRate(Halving(start: 2)),
    .oneCycle(maximumRate: 0.5, totalSteps: 100, annealing: .linear, hasThreePhases: true),
    .cyclic(baseRate: 0.1, maximumRate: 0.5, fallSteps: 4, kind: .exponential(gamma: 0.5)),
    .warmup(steps: 3, from: 0.5, then: .byEpoch(stepsPerEpoch: 7, 0.25)),
  ]

  private func decoder(_ registry: TypeRegistry) -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = registry
    return decoder
  }

  private let registry = TypeRegistry(TypeRegistry.optimizerTypes)
    .adding(Halving.self, SignDescent.self)

  @Test(arguments: rates.indices) func savedAndReadBack(index: Int) throws {
    let rate = Self.rates[index]
    let optimizers: [any Optimizer] = [
      SGD(learningRate: rate, momentum: 0.5, nesterov: true),
      Adam(learningRate: rate, beta1: 0.5, beta2: 0.25, epsilon: 0.125, amsgrad: true),
      Nadam(learningRate: rate, beta1: 0.5, beta2: 0.25, epsilon: 0.125),
      SignDescent(learningRate: rate),
      AdamW(learningRate: rate, weightDecay: 0.5, clipping: .norm(2)),
      Adamax(learningRate: rate, beta1: 0.5, clipping: .value(2)),
      RMSprop(learningRate: rate, rho: 0.5, momentum: 0.25, centered: true),
      Adagrad(learningRate: rate, initialAccumulatorValue: 0.5),
      Adadelta(learningRate: rate, rho: 0.5), Lion(learningRate: rate, beta1: 0.5),
      LAMB(learningRate: rate, clipping: .globalNorm(2)),
      LARS(learningRate: rate, trustCoefficient: 0.5, nesterov: true),
      Muon(learningRate: rate, rootMeanSquareRate: nil, excludedNames: ["a"]),
      ExponentialMovingAverage(
        Lookahead(
          GradientAccumulation(
            SGD(
              learningRate: rate,
              parameterRules: [ParameterRule(role: .bias, weightDecay: 0)]), steps: 3),
          slowStep: 0.25), overwriteFrequency: 2),
    ]
    for optimizer in optimizers {
      let holder = Holder(optimizer: optimizer)
      let data = try JSONEncoder().encode(holder)
      #expect(try decoder(registry).decode(Holder.self, from: data) == holder)
    }
  }

  /// A hyperparameter that is not given leaves no trace, so that runs from before it resume.
  @Test func configurationsOfEarlierVersionsAreRead() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let earlier = #"""
      {"learningRate":{"configuration":{"value":0.5},"type":"ConstantRate"},"momentum":0.5,\#
      "nesterov":true,"parameterRules":[{"learningRateMultiplier":2,"role":"bias"}]}
      """#
    let optimizer = SGD(
      learningRate: 0.5, momentum: 0.5, nesterov: true,
      parameterRules: [ParameterRule(role: .bias, learningRateMultiplier: 2)])
    #expect(String(decoding: try encoder.encode(optimizer), as: UTF8.self) == earlier)
    #expect(try decoder(registry).decode(SGD.self, from: Data(earlier.utf8)) == optimizer)
  }

  @Test func savedFormIsFlat() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(LearningRate(0.25)), as: UTF8.self)
    #expect(text == #"{"configuration":{"value":0.25},"type":"ConstantRate"}"#)
  }

  @Test func unknownTypesAreNamed() throws {
    let data = try JSONEncoder().encode(LearningRate(Halving(start: 1)))
    let known = decoder(TypeRegistry(TypeRegistry.optimizerTypes))
    #expect {
      try known.decode(LearningRate.self, from: data)
    } throws: { error in
      "\(error)".contains("Halving")
    }
  }

  @Test func differentRatesAreNotEqual() {
    #expect(LearningRate(0.5) != LearningRate(0.25))
    #expect(LearningRate(0.5) != LearningRate(Halving(start: 0.5)))
    #expect(Adam(learningRate: 0.5) != Adam(learningRate: 0.25))
  }

  @Test func numbersAreConstant() {
    #expect((0.5 as LearningRate).constant == 0.5)
    #expect((2 as LearningRate).constant == 2)
    #expect(LearningRate(Halving(start: 1)).constant == nil)
  }

  @Test func usersTypesTrain() {
    let optimizer = SignDescent(learningRate: LearningRate(Halving(start: 0.5)))
    let state = OptimizerState(for: optimizer, parameterCount: 2)
    let parameters = buffer([1, 1])
    let gradients = buffer([10, -0.1])
    for _ in 0..<2 {
      state.apply(optimizer, parameters: parameters.view, gradients: gradients.view)
    }
    #expect(parameters.view.array == [0.25, 1.75])
  }
}
