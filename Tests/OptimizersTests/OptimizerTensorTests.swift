import PinionOptimizers
import PinionTensor
import PinionTestSupport
import Testing

/// Steps that depend on a whole parameter or on its name, and wrappers, compared with Keras.
@Suite struct OptimizerTensorTests {
  struct Variable: Decodable {
    let name: String
    let role: ParameterRole
    let shape: [Int]
  }

  struct Case: Decodable {
    let name: String
    let optimizer: String
    let config: FixtureOptimizer
    let learningRate: Double
    let excluded: [String]
    let flattened: Bool
    let parameters64: [[Double]]
    let average64: [Double]?
  }

  struct File: Decodable {
    let variables: [Variable]
    let initial: [Float]
    let gradients: [[Float]]
    let cases: [Case]

    var parameters: [ParameterRange] {
      var start = 0
      return variables.map { variable in
        let shape = Shape(variable.shape)
        defer { start += shape.elementCount }
        return ParameterRange(
          name: variable.name, role: variable.role, shape: shape,
          range: start..<start + shape.elementCount)
      }
    }
  }

  @Test func stepsAreKeras() throws {
    let file = try Fixture.load("optimizer_tensors", as: File.self)
    #expect(file.cases.count == 15)
    for testCase in file.cases {
      let optimizer = try testCase.config.optimizer(
        testCase.optimizer, learningRate: LearningRate(testCase.learningRate),
        rules: testCase.excluded.map { ParameterRule(name: $0, weightDecay: 0) },
        flattensKernels: testCase.flattened)
      try optimizer.validate(for: file.parameters)
      #expect(mismatch(of: optimizer, with: testCase, of: file) == nil, "\(testCase.name)")
    }
  }

  /// The first place where seven steps of an optimizer are not those of a case.
  private func mismatch(
    of optimizer: any Optimizer, with testCase: Case, of file: File
  ) -> String? {
    let parameters = buffer(file.initial)
    let state = OptimizerState(for: optimizer, parameters: file.parameters)
    var before = file.initial.map(Double.init)
    var path = [Double](repeating: 0, count: before.count)
    // Newton–Schulz steps magnify roundings: their polynomial has the slope 3.4445 at 0.
    let magnification = testCase.optimizer == "Muon" ? 30.0 : 1
    for (step, values) in file.gradients.enumerated() {
      let gradients = buffer(values)
      state.apply(optimizer, parameters: parameters.view, gradients: gradients.view)
      let exact = testCase.parameters64[step]
      for i in exact.indices {
        path[i] += abs(exact[i] - before[i])
        let actual = Double(parameters.view[i])
        let rounding = 1.2e-6 * abs(exact[i]) + magnification * (1e-6 * path[i] + 1e-8)
        if !(abs(actual - exact[i]) <= rounding) {
          return "step \(step), parameter \(i): \(actual), not \(exact[i])"
        }
      }
      before = exact
    }
    guard let average = testCase.average64 else { return nil }
    guard let slot = state.slots.last?.view, state.slotNames.last == "average" else {
      return "no average"
    }
    let wrong = average.indices.first { i in
      abs(Double(slot[i]) - average[i]) > 2e-6 * (abs(average[i]) + path[i]) + 1e-8
    }
    return wrong.map { "average \($0): \(slot[$0]), not \(average[$0])" }
  }

  /// The bits do not depend on threads, nor on the parameters before or after a parameter in the
  /// buffer.
  @Test(arguments: [1, 2, 3]) func bitsDependOnShapesAlone(threads: Int) throws {
    let sizes = [(3, 3), (200, 150), (1, 7), (40, 700), (2, 5)]
    let optimizers: [any Optimizer] = [
      SGD(clipping: .norm(0.5)), LAMB(clipping: .norm(2)), LARS(weightDecay: 0.01), Muon(),
      Muon(weightNormRatio: 1, sgdMomentum: 0.9),
      ExponentialMovingAverage(
        GradientAccumulation(Lookahead(LAMB(), synchronizationPeriod: 2), steps: 2),
        momentum: 0.5),
    ]
    let pool = ThreadPool(threads: threads)
    for optimizer in optimizers {
      func train(_ shapes: ArraySlice<(Int, Int)>, from offset: Int) -> [UInt32] {
        var start = 0
        let parameters = shapes.enumerated().map { index, size in
          defer { start += size.0 * size.1 }
          return ParameterRange(
            name: "dense_\(index)/kernel", role: .kernel, shape: [size.0, size.1],
            range: start..<start + size.0 * size.1)
        }
        let state = OptimizerState(for: optimizer, parameters: parameters)
        func noise(_ salt: Int) -> AlignedBuffer {
          buffer((offset..<offset + start).map { Float(($0 * 7919 + salt) % 2003) / 1000 - 1 })
        }
        let values = noise(0)
        for step in 1...5 {
          let gradients = noise(step * 31)
          state.apply(
            optimizer, parameters: values.view, gradients: gradients.view, pool: pool)
        }
        return values.view.array.map(\.bitPattern)
      }
      let together = train(sizes[...], from: 0)
      var start = 0
      for index in sizes.indices {
        let count = sizes[index].0 * sizes[index].1
        #expect(
          train(sizes[index...index], from: start) == Array(together[start..<start + count]),
          "\(type(of: optimizer)), parameter \(index)")
        start += count
      }
    }
  }

  /// LARS's formula in double precision, since Keras has no such optimizer.
  @Test(arguments: [false, true]) func stepsOfLARS(nesterov: Bool) {
    let parameters = [
      ParameterRange(name: "d/kernel", role: .kernel, shape: [2, 3], range: 0..<6),
      ParameterRange(name: "d/bias", role: .bias, shape: [3], range: 6..<9),
    ]
    let optimizer = LARS(
      learningRate: 0.5, momentum: 0.8, trustCoefficient: 0.02, epsilon: 1e-3,
      nesterov: nesterov, weightDecay: 0.3)
    let first: [Float] = [0.5, -1, 2, 0.25, 1.5, -0.75, 0.5, 0, -1]
    let values = buffer(first)
    var w = first.map(Double.init)
    var m = [Double](repeating: 0, count: 9)
    let state = OptimizerState(for: optimizer, parameters: parameters)
    for step in 1...6 {
      let g = (0..<9).map { Float(($0 * 37 + step * 11) % 19) / 8 - 1 }
      let gradients = buffer(g)
      state.apply(optimizer, parameters: values.view, gradients: gradients.view)
      func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
      let (weightNorm, gradientNorm) = (norm(Array(w[0..<6])), norm(g[0..<6].map(Double.init)))
      let ratio = 0.02 * weightNorm / (gradientNorm + 0.3 * weightNorm + 1e-3)
      for i in 0..<9 {
        let change =
          i < 6 ? 0.5 * ratio * (Double(g[i]) + 0.3 * w[i]) : 0.5 * Double(g[i])
        m[i] = 0.8 * m[i] + change
        w[i] -= nesterov ? 0.8 * m[i] + change : m[i]
        #expect(abs(Double(values.view[i]) - w[i]) < 2e-6)
      }
    }
  }

  /// The formulas of a kernel of normalized weights, and of the others by SGD, in double precision,
  /// since Keras has neither.
  @Test(arguments: [nil, 0.5, 1] as [Double?]) func stepsOfMuonBesideSGD(ratio: Double?) {
    let (rows, columns) = (18, 5)
    let parameters = [
      ParameterRange(name: "c/kernel", role: .kernel, shape: [3, 3, 2, 5], range: 0..<90),
      ParameterRange(name: "n/beta", role: .normalization, shape: [5], range: 90..<95),
      ParameterRange(name: "head/kernel", role: .kernel, shape: [5, 3], range: 95..<110),
    ]
    let optimizer = Muon(
      learningRate: 0.1, momentum: 0.6, newtonSchulzSteps: 3, rootMeanSquareRate: nil,
      excludedNames: ["head"], adamWeightDecay: nil, weightDecay: nil, weightNormRatio: ratio,
      sgdMomentum: 0.85,
      parameterRules: [
        ParameterRule(role: .normalization, learningRateMultiplier: 20, weightDecay: 0.05),
        ParameterRule(name: "head", learningRateMultiplier: 0.5),
      ])
    let first = (0..<110).map { Float(($0 * 53 + 7) % 31) / 16 - 0.9 }
    let values = buffer(first)
    var (w, m) = (first.map(Double.init), [Double](repeating: 0, count: 110))
    let state = OptimizerState(for: optimizer, parameters: parameters)
    for step in 1...5 {
      let gradients = buffer((0..<110).map { Float(($0 * 37 + step * 11) % 29) / 8 - 1.7 })
      let g = gradients.view.array.map(Double.init)
      state.apply(optimizer, parameters: values.view, gradients: gradients.view)
      for i in 0..<90 { m[i] = 0.6 * m[i] + g[i] }
      let update = orthogonalized((0..<90).map { g[$0] + 0.6 * m[$0] }, rows, columns, steps: 3)
      if let ratio {
        let norm = w[0..<90].reduce(0) { $0 + $1 * $1 }.squareRoot()
        for i in 0..<90 { w[i] *= ratio * Double(columns).squareRoot() / norm }
      }
      for i in 0..<90 { w[i] -= 0.1 * update[i] }
      for i in 90..<110 {
        let rate = i < 95 ? 2 : 0.05
        if i < 95 { w[i] -= 0.05 * rate * w[i] }
        m[i] = 0.85 * m[i] - rate * g[i]
        w[i] += 0.85 * m[i] - rate * g[i]
      }
      for i in 0..<110 {
        #expect(abs(Double(values.view[i]) - w[i]) < 2e-5 * max(1, abs(w[i])), "\(step), \(i)")
      }
    }
    #expect(state.slots[1].view.array.allSatisfy { $0 == 0 })
  }

  /// The Newton–Schulz iteration of a tall matrix, row-major.
  private func orthogonalized(
    _ matrix: [Double], _ rows: Int, _ columns: Int, steps: Int
  ) -> [Double] {
    func product(_ a: [Double], _ b: [Double], _ m: Int) -> [Double] {
      (0..<m * columns).map { place in
        (0..<columns).reduce(0) {
          $0 + a[place / columns * columns + $1] * b[$1 * columns + place % columns]
        }
      }
    }
    let norm = matrix.reduce(0) { $0 + $1 * $1 }.squareRoot() + 1e-7
    var x = matrix.map { $0 / norm }
    for _ in 0..<steps {
      let a = (0..<columns * columns).map { place in
        (0..<rows).reduce(0) {
          $0 + x[$1 * columns + place / columns] * x[$1 * columns + place % columns]
        }
      }
      let polynomial = zip(a, product(a, a, columns)).map { -4.7750 * $0 + 2.0315 * $1 }
      x = zip(x, product(x, polynomial, rows)).map { 3.4445 * $0 + $1 }
    }
    return x
  }

  @Test(arguments: [0, 0.5]) func lookaheadSynchronizes(weightDecay: Double) {
    let optimizer = Lookahead(
      SGD(learningRate: 0.1, weightDecay: weightDecay), synchronizationPeriod: 3, slowStep: 0.25)
    let values = buffer([1, -2])
    let state = OptimizerState(for: optimizer, parameterCount: 2)
    var (fast, slow) = ([1.0, -2.0], [1.0, -2.0])
    for step in 1...8 {
      let g = buffer([Float(step), 0.5])
      state.apply(optimizer, parameters: values.view, gradients: g.view)
      for i in 0..<2 {
        fast[i] -= 0.1 * (weightDecay * fast[i] + Double(g.view[i]))
        if step.isMultiple(of: 3) {
          slow[i] += 0.25 * (fast[i] - slow[i])
          fast[i] = slow[i]
        }
        #expect(abs(Double(values.view[i]) - fast[i]) < 1e-5)
      }
    }
  }

  /// Rules give each hyperparameter on their own: the last one that gives it applies.
  @Test func rulesGiveRatesAndDecays() {
    let parameters = [
      ParameterRange(name: "a/kernel", role: .kernel, shape: [1], range: 0..<1),
      ParameterRange(name: "a/bias", role: .bias, shape: [1], range: 1..<2),
      ParameterRange(name: "b/kernel", role: .kernel, shape: [1], range: 2..<3),
    ]
    let optimizer = SGD(
      learningRate: 0.5, weightDecay: 0.5,
      parameterRules: [
        ParameterRule(name: "a", learningRateMultiplier: 0.5),
        ParameterRule(role: .bias, weightDecay: 0),
        ParameterRule(name: "b", weightDecay: 1),
      ])
    let (values, gradients) = (buffer([1, 1, 1]), buffer([1, 1, 1]))
    OptimizerState(for: optimizer, parameters: parameters)
      .apply(optimizer, parameters: values.view, gradients: gradients.view)
    #expect(values.view.array == [0.625, 0.75, 0])
  }

  /// The mean gradient of two batches moves the weights as that of one batch of both.
  @Test func accumulatedBatchesAreOne() {
    let (one, two) = (buffer([0.5, -1, 2, 8]), buffer([1, 0.25, -2, 3]))
    let both = buffer([0.75, -0.375, 0, 5.5])
    let (plain, accumulating) = (Adam(), GradientAccumulation(Adam(), steps: 2))
    let (expected, values) = (buffer([1, 2, 3, 4]), buffer([1, 2, 3, 4]))
    OptimizerState(for: plain, parameterCount: 4)
      .apply(plain, parameters: expected.view, gradients: both.view)
    let state = OptimizerState(for: accumulating, parameterCount: 4)
    state.apply(accumulating, parameters: values.view, gradients: one.view)
    #expect(values.view.array == [1, 2, 3, 4])
    state.apply(accumulating, parameters: values.view, gradients: two.view)
    #expect(values.view.array == expected.view.array)
  }
}
