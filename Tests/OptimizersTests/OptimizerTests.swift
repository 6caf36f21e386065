import PinionOptimizers
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct OptimizerTests {
  struct Case: Decodable {
    let name: String
    let optimizer: String
    let config: FixtureOptimizer
    let learningRate: FixtureSchedule
    let parameters: [[Double]]
    let parameters64: [[Double]]
    let rates64: [Double]
  }

  struct File: Decodable {
    let initial: [Float]
    let gradients: [[Float]]
    let cases: [Case]
  }

  @Test func twentyStepsAreKeras() throws {
    let file = try Fixture.load("optimizers", as: File.self)
    #expect(file.cases.count == 35)
    for testCase in file.cases {
      let optimizer = try testCase.config.optimizer(
        testCase.optimizer, learningRate: testCase.learningRate.learningRate())
      try optimizer.validate()
      #expect(mismatch(of: optimizer, with: testCase, of: file) == nil, "\(testCase.name)")
    }
  }

  /// The first place where twenty steps of an optimizer are not those of a case.
  private func mismatch(
    of optimizer: any Optimizer, with testCase: Case, of file: File
  ) -> String? {
    let count = file.initial.count
    let parameters = buffer(file.initial)
    let state = OptimizerState(for: optimizer, parameterCount: count)
    var before = file.initial.map(Double.init)
    var path = [Double](repeating: 0, count: count)
    for (step, values) in file.gradients.enumerated() {
      let gradients = buffer(values)
      let rate = state.apply(optimizer, parameters: parameters.view, gradients: gradients.view)
      if abs(rate - testCase.rates64[step]) > 1e-11 * rate {
        return "step \(step): rate \(rate), not \(testCase.rates64[step])"
      }
      let exact = testCase.parameters64[step]
      for i in 0..<count {
        path[i] += abs(exact[i] - before[i])
        let actual = Double(parameters.view[i])
        // Twenty roundings of a parameter to half a unit in the last place, and of its steps to a
        // few units.
        let rounding = 1.2e-6 * abs(exact[i]) + 1e-6 * path[i]
        if !(abs(actual - exact[i]) <= rounding) {
          return "step \(step), parameter \(i): \(actual), not \(exact[i])"
        }
        // In float32, Keras's 1 − β₂ᵗ is off by up to 1.3e-5, and its root enters the step.
        let single = testCase.parameters[step][i]
        if !(abs(actual - single) <= 2 * rounding + 1e-5 * path[i]) {
          return "step \(step), parameter \(i): \(actual), not \(single) as in float32"
        }
      }
      before = exact
    }
    return nil
  }

  @Test func defaultsAreKeras() {
    #expect(SGD() == SGD(learningRate: 0.01, momentum: 0, nesterov: false))
    #expect(
      Adam()
        == Adam(learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7, amsgrad: false))
    #expect(Nadam() == Nadam(learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7))
    let others: [any Optimizer] = [
      AdamW(), Adamax(), RMSprop(), Adagrad(), Adadelta(), Lion(), LAMB(), Muon(),
    ]
    for optimizer in others { #expect(optimizer.learningRate == 0.001) }
    for optimizer in others where !(optimizer is AdamW || optimizer is Muon) {
      #expect(optimizer.weightDecay == nil)
    }
    #expect(AdamW().weightDecay == 0.004 && Muon().weightDecay == 0.004)
  }

  /// The first step of Adam has the size of the learning rate, for any gradient.
  @Test func firstStepOfAdam() {
    let parameters = buffer([1, 1, 1, 1])
    let gradients = buffer([1e-3, -5, 1e4, 0])
    let optimizer = Adam(learningRate: 0.125, epsilon: 1e-12)
    OptimizerState(for: optimizer, parameterCount: 4)
      .apply(optimizer, parameters: parameters.view, gradients: gradients.view)
    for (actual, expected) in zip(parameters.view.array, [0.875, 1.125, 0.875, 1] as [Float]) {
      #expect(abs(actual - expected) < 1e-6)
    }
  }

  @Test func slotsAreKerasVariables() {
    let all: [(any Optimizer, [String])] = [
      (SGD(), []), (SGD(momentum: 0.9), ["momentum"]), (Adam(), ["momentum", "velocity"]),
      (Adam(amsgrad: true), ["momentum", "velocity", "velocity_hat"]),
      (Nadam(), ["momentum", "velocity"]), (Adamax(), ["momentum", "norm"]),
      (RMSprop(), ["velocity"]),
      (RMSprop(momentum: 0.5, centered: true), ["velocity", "momentum", "average_gradient"]),
      (Adagrad(), ["accumulator"]), (Adadelta(), ["accumulated_grad", "accumulated_delta_var"]),
      (Lion(), ["momentum"]), (LAMB(), ["momentum", "velocity"]), (LARS(), ["momentum"]),
      (Muon(), ["momentum", "velocity"]),
      (
        ExponentialMovingAverage(GradientAccumulation(Lookahead(Adam()), steps: 2)),
        ["momentum", "velocity", "slow_weights", "gradient_accumulator", "average"]
      ),
    ]
    for (optimizer, names) in all {
      #expect(optimizer.slotNames == names)
      #expect(
        OptimizerState(for: optimizer, parameterCount: 3).slots.map(\.count) == names.map { _ in 3 }
      )
    }
  }
}

/// A buffer of the given numbers.
func buffer(_ values: [Float]) -> AlignedBuffer {
  let buffer = AlignedBuffer(count: values.count)
  for (position, value) in values.enumerated() { buffer.view[position] = value }
  return buffer
}
