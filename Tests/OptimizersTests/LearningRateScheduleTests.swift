import PinionOptimizers
import PinionTestSupport
import Testing

@Suite struct LearningRateScheduleTests {
  struct Case: Decodable {
    let name: String
    let schedule: FixtureSchedule
    let rates: [Double]
    let rates64: [Double]
  }

  @Test func ratesAreKeras() throws {
    let cases = try Fixture.load("schedules", as: [Case].self)
    #expect(cases.count == 20)
    for testCase in cases {
      let rate = try testCase.schedule.learningRate()
      try rate.validate()
      #expect(testCase.rates.count == 51)
      for step in 0...50 {
        let actual = rate.rate(at: step)
        let expected = testCase.rates64[step]
        // The fixture has twelve digits.
        #expect(
          abs(actual - expected) <= 1e-11 * abs(expected) + 1e-16, "\(testCase.name), step \(step)")
        // Keras's float32 is off by the cancellation in 1 + cos.
        #expect(
          abs(actual - testCase.rates[step]) <= 1e-5 * abs(expected) + 2e-8,
          "\(testCase.name), step \(step), float32")
      }
    }
  }

  struct TorchCase: Decodable {
    let name: String
    let schedule: FixtureSchedule
    let rates64: [Double]
  }

  @Test func ratesArePyTorchs() throws {
    let cases = try Fixture.load("schedules_torch", as: [TorchCase].self)
    #expect(cases.count == 10)
    for testCase in cases {
      let rate = try testCase.schedule.learningRate()
      try rate.validate()
      #expect(testCase.rates64.count == 30)
      for (step, expected) in testCase.rates64.enumerated() {
        #expect(
          abs(rate.rate(at: step) - expected) <= 1e-11 * abs(expected) + 1e-15,
          "\(testCase.name), step \(step)")
      }
    }
  }

  private struct TorchWarmup: Decodable { let warmup: [Double] }

  /// PyTorch's `LinearLR` and `CosineAnnealingLR`, one after the other.
  @Test func warmupIsPyTorchs() throws {
    let expected = try Fixture.load("torch_training", as: TorchWarmup.self).warmup
    let rate = LearningRate.warmup(
      steps: 5, from: 0.02, then: .cosineDecay(initialLearningRate: 0.1, decaySteps: 20))
    #expect(expected.count == 25 && expected[0] == 0.02 && expected[5] == 0.1)
    for (step, expected) in expected.enumerated() {
      #expect(abs(rate.rate(at: step) - expected) <= 1e-11 * expected, "step \(step)")
    }
  }

  /// A warm-up before a cosine is Keras's, which the fixtures hold; any other starts late.
  @Test func warmupPrecedesAnySchedule() {
    let cosine = LearningRate.cosineDecay(
      initialLearningRate: 0.25, decaySteps: 10, warmupTarget: 0.75, warmupSteps: 4)
    let composed = LearningRate.warmup(
      steps: 4, from: 0.25, then: .cosineDecay(initialLearningRate: 0.75, decaySteps: 10))
    for step in 0...20 { #expect(composed.rate(at: step) == cosine.rate(at: step)) }
    let constant = LearningRate.warmup(steps: 2, then: 1)
    #expect((0...3).map { constant.rate(at: $0) } == [0, 0.5, 1, 1])
  }

  @Test func epochsAreCounted() {
    let rate = LearningRate.byEpoch(
      stepsPerEpoch: 3,
      .exponentialDecay(initialLearningRate: 1, decaySteps: 1, decayRate: 0.5))
    #expect((0...6).map { rate.rate(at: $0) } == [1, 1, 1, 0.5, 0.5, 0.5, 0.25])
  }

  @Test func oneCycleKeepsItsLastRate() {
    let rate = LearningRate.oneCycle(maximumRate: 1, totalSteps: 10)
    #expect(rate.rate(at: 9) == rate.rate(at: 1_000_000))
    #expect(abs(rate.rate(at: 9) - 1 / 25e4) < 1e-18)
  }

  /// Where the logarithm that finds the period rounds down: a restart must not be a full period
  /// late.
  @Test(arguments: [2.0, 3.0, 1.5, 5.0]) func restartsOnTime(factor: Double) {
    let schedule = LearningRate.cosineDecayRestarts(
      initialLearningRate: 1, firstDecaySteps: 1_024, tMul: factor)
    var start = 0.0
    var length = 1_024.0
    while start < 1e7 {
      #expect(schedule.rate(at: Int(start)) == 1, "restart at step \(start)")
      #expect(schedule.rate(at: Int(start) + 1) < 1)
      if start > 0 { #expect(schedule.rate(at: Int(start) - 1) < 0.01) }
      start += length
      length *= factor
      if start != start.rounded() { break }
    }
  }

  @Test func warmupRisesInALine() {
    let schedule = LearningRate.cosineDecay(
      initialLearningRate: 0.25, decaySteps: 10, warmupTarget: 0.75, warmupSteps: 4)
    #expect((0...4).map { schedule.rate(at: $0) } == [0.25, 0.375, 0.5, 0.625, 0.75])
    #expect(schedule.rate(at: 1_000_000) == 0)
  }

  /// As they may come out of a broken file: they may say nonsense, but not trap.
  @Test func nonsenseDoesNotTrap() {
    let schedules: [LearningRate] = [
      .piecewiseConstantDecay(boundaries: [1, 2, 3], values: []),
      .piecewiseConstantDecay(boundaries: [], values: []),
      .cosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: 0, tMul: 0.5),
      .cosineDecayRestarts(initialLearningRate: 1, firstDecaySteps: -3, tMul: 0),
      .cosineDecay(
        initialLearningRate: 1, decaySteps: .max, warmupTarget: 1, warmupSteps: .max),
      .cosineDecay(initialLearningRate: 1, decaySteps: 0),
      .exponentialDecay(initialLearningRate: 1, decaySteps: 0, decayRate: -1, staircase: true),
      .inverseTimeDecay(initialLearningRate: 1, decaySteps: 0, decayRate: -1),
      .polynomialDecay(initialLearningRate: 1, decaySteps: 0, cycle: true),
      .oneCycle(maximumRate: 1, totalSteps: 0, riseFraction: -1, divisionFactor: 0),
      .cyclic(baseRate: 1, maximumRate: 0, riseSteps: 0, fallSteps: -1),
      .warmup(steps: -5, then: 1), .byEpoch(stepsPerEpoch: 0, 1),
    ]
    for schedule in schedules {
      for step in [0, 1, 50, .max] { _ = schedule.rate(at: step) }
    }
  }
}
