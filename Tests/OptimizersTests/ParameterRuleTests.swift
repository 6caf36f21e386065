import PinionOptimizers
import PinionTensor
import Testing

/// Hyperparameters that differ between the parameters of one flat buffer.
@Suite struct ParameterRuleTests {
  /// The parameters of two layers whose borders lie inside pieces, and one parameter that spans
  /// several.
  static let parameters: [ParameterRange] = {
    let sizes: [(String, ParameterRole, Shape)] = [
      ("dense/kernel", .kernel, [30, 7]), ("dense/bias", .bias, [7]),
      ("norm/gamma", .normalization, [5]), ("norm/beta", .normalization, [5]),
      ("dense_1/kernel", .kernel, [2, OptimizerState.pieceSize]), ("dense_1/bias", .bias, [3]),
    ]
    var start = 0
    return sizes.map { name, role, shape in
      defer { start += shape.elementCount }
      return ParameterRange(
        name: name, role: role, shape: shape, range: start..<start + shape.elementCount)
    }
  }()

  private static func noise(_ count: Int, _ salt: Int) -> [Float] {
    (0..<count).map {
      Float((($0 &* 7_919 &+ salt &* 104_729) % 2_003 + 2_003) % 2_003) / 1_001 - 1
    }
  }

  /// The parameters and the slots after four steps.
  private func train(
    _ optimizer: any Optimizer, _ parameters: [ParameterRange], from offset: Int = 0,
    rateFactor: Double = 1, threads: Int = 1
  ) -> [[UInt32]] {
    let all = Self.parameters.last?.range.upperBound ?? 0
    let state = OptimizerState(for: optimizer, parameters: parameters)
    let window = offset..<offset + state.parameterCount
    let pool = ThreadPool(threads: threads)
    let values = buffer(Array(Self.noise(all, 0)[window]))
    for step in 1...4 {
      let gradients = buffer(Array(Self.noise(all, step)[window]))
      let rate = optimizer.learningRate.rate(at: step - 1) * rateFactor
      state.apply(
        optimizer, parameters: values.view, gradients: gradients.view, learningRate: rate,
        pool: pool)
    }
    return ([values] + state.slots).map { $0.view.array.map(\.bitPattern) }
  }

  private static func optimizers(_ rules: [ParameterRule]) -> [any Optimizer] {
    [
      SGD(parameterRules: rules), SGD(momentum: 0.9, nesterov: true, parameterRules: rules),
      Adam(parameterRules: rules), Adam(amsgrad: true, parameterRules: rules),
      Nadam(parameterRules: rules), RMSprop(parameterRules: rules),
      AdamW(clipping: .norm(1), parameterRules: rules), LAMB(parameterRules: rules),
    ]
  }

  /// Each parameter has the bits of a separate training with its own rate.
  @Test(arguments: [1, 2, 3, 5]) func parametersMoveAtTheirOwnRates(threads: Int) throws {
    let rules = [
      ParameterRule(role: .bias, learningRateMultiplier: 2),
      ParameterRule(name: "norm", learningRateMultiplier: 0.25),
      ParameterRule(role: .bias, name: "dense_1", learningRateMultiplier: 0),
    ]
    let factors = [
      "dense/kernel": 1.0, "dense/bias": 2, "norm/gamma": 0.25, "norm/beta": 0.25,
      "dense_1/kernel": 1, "dense_1/bias": 0,
    ]
    for (optimizer, plain) in zip(Self.optimizers(rules), Self.optimizers([])) {
      try optimizer.validate(for: Self.parameters)
      let together = train(optimizer, Self.parameters, threads: threads)
      for parameter in Self.parameters {
        let alone = ParameterRange(
          name: parameter.name, role: parameter.role, shape: parameter.shape,
          range: 0..<parameter.range.count)
        let factor = try #require(factors[parameter.name])
        let expected = train(
          plain, [alone], from: parameter.range.lowerBound, rateFactor: factor)
        #expect(together.map { Array($0[parameter.range]) } == expected, "\(parameter.name)")
      }
    }
  }

  @Test func rulesOfFactorOneChangeNothing() {
    let rules = [ParameterRule(role: .bias), ParameterRule(name: "dense/kernel")]
    for (optimizer, plain) in zip(Self.optimizers(rules), Self.optimizers([])) {
      #expect(train(optimizer, Self.parameters) == train(plain, Self.parameters))
    }
  }

  @Test func lastRuleApplies() {
    let twice = [
      ParameterRule(learningRateMultiplier: 3),
      ParameterRule(role: .kernel, learningRateMultiplier: 0.5),
      ParameterRule(name: "dense", learningRateMultiplier: 0.5),
    ]
    let once = [
      ParameterRule(role: .bias, learningRateMultiplier: 3),
      ParameterRule(role: .normalization, learningRateMultiplier: 3),
      ParameterRule(role: .kernel, learningRateMultiplier: 0.5),
      ParameterRule(name: "dense/bias", learningRateMultiplier: 0.5),
    ]
    #expect(
      train(Adam(parameterRules: twice), Self.parameters)
        == train(Adam(parameterRules: once), Self.parameters))
  }

  @Test func rulesThatCannotApplyAreErrors() {
    func error(_ rule: ParameterRule) -> ArgumentError? {
      #expect(throws: ArgumentError.self) {
        try Nadam(parameterRules: [ParameterRule(), rule]).validate(for: Self.parameters)
      }
    }
    // A prefix of a name that is no layer's name.
    let unknown = error(ParameterRule(role: .bias, name: "den"))
    #expect(unknown?.description.contains("Nadam.parameterRules[1]") == true)
    #expect(unknown?.description.contains(#"role bias, name "den""#) == true)
    for factor in [-1, .nan, .infinity] {
      let invalid = error(ParameterRule(learningRateMultiplier: factor))
      #expect(invalid?.description.contains("learningRateMultiplier") == true)
    }
  }
}

extension OptimizerState {
  /// The state of one parameter of so many numbers.
  convenience init(for optimizer: any Optimizer, parameterCount count: Int) {
    self.init(
      for: optimizer,
      parameters: [ParameterRange(name: "w", role: .other, shape: [count], range: 0..<count)])
  }
}
