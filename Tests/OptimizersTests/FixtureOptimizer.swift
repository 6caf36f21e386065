import PinionOptimizers

/// An optimizer's arguments as the fixtures describe them, under Keras's names.
struct FixtureOptimizer: Decodable {
  var momentum, beta1, beta2, epsilon, rho, weightDecay: Double?
  var initialAccumulatorValue: Double?
  var nesterov, amsgrad, centered: Bool?
  var clipvalue, clipnorm, globalClipnorm: Double?
  var useEma: Bool?
  var emaMomentum: Double?
  var emaOverwriteFrequency, gradientAccumulationSteps: Int?
  var nsSteps: Int?
  var adamLrRatio: Double?
  var excludeLayers: [String]?
  /// Nil if null, ``PinionOptimizers/Muon``'s default if not given.
  var rmsRate: Double? = 0.2

  enum CodingKeys: String, CodingKey {
    case momentum, nesterov, epsilon, amsgrad, centered, rho, clipvalue, clipnorm
    case beta1 = "beta_1"
    case beta2 = "beta_2"
    case weightDecay = "weight_decay"
    case initialAccumulatorValue = "initial_accumulator_value"
    case globalClipnorm = "global_clipnorm"
    case useEma = "use_ema"
    case emaMomentum = "ema_momentum"
    case emaOverwriteFrequency = "ema_overwrite_frequency"
    case gradientAccumulationSteps = "gradient_accumulation_steps"
    case nsSteps = "ns_steps"
    case adamLrRatio = "adam_lr_ratio"
    case excludeLayers = "exclude_layers"
    case rmsRate = "rms_rate"
  }

  private var clipping: GradientClipping? {
    clipvalue.map { .value($0) } ?? clipnorm.map { .norm($0) }
      ?? globalClipnorm.map { .globalNorm($0) }
  }

  /// The optimizer of a class of Keras, in its wrappers.
  func optimizer(
    _ kind: String, learningRate: LearningRate, rules: [ParameterRule] = [],
    flattensKernels: Bool = false
  ) throws -> any Optimizer {
    var optimizer: any Optimizer = try rule(
      kind, learningRate: learningRate, rules: rules, flattensKernels: flattensKernels)
    if let steps = gradientAccumulationSteps {
      optimizer = Self.wrapped(optimizer) { GradientAccumulation($0, steps: steps) }
    }
    if useEma == true {
      optimizer = Self.wrapped(optimizer) {
        ExponentialMovingAverage(
          $0, momentum: emaMomentum ?? 0.99, overwriteFrequency: emaOverwriteFrequency)
      }
    }
    return optimizer
  }

  private static func wrapped(
    _ base: any Optimizer, _ wrap: (any Optimizer) -> any Optimizer
  ) -> any Optimizer { wrap(base) }

  private func rule(
    _ kind: String, learningRate: LearningRate, rules: [ParameterRule], flattensKernels: Bool
  ) throws -> any Optimizer {
    let (beta1, beta2) = (beta1 ?? 0.9, beta2 ?? (kind == "Lion" ? 0.99 : 0.999))
    let (epsilon, amsgrad) = (epsilon ?? 1e-7, amsgrad ?? false)
    switch kind {
    case "SGD":
      return SGD(
        learningRate: learningRate, momentum: momentum ?? 0, nesterov: nesterov ?? false,
        weightDecay: weightDecay, clipping: clipping, parameterRules: rules)
    case "Adam":
      return Adam(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        amsgrad: amsgrad, weightDecay: weightDecay, clipping: clipping, parameterRules: rules)
    case "AdamW":
      return AdamW(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        amsgrad: amsgrad, weightDecay: weightDecay ?? 0.004, clipping: clipping,
        parameterRules: rules)
    case "Nadam":
      return Nadam(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: weightDecay, clipping: clipping, parameterRules: rules)
    case "Adamax":
      return Adamax(learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon)
    case "RMSprop":
      return RMSprop(
        learningRate: learningRate, rho: rho ?? 0.9, momentum: momentum ?? 0, epsilon: epsilon,
        centered: centered ?? false)
    case "Adagrad":
      return Adagrad(
        learningRate: learningRate, initialAccumulatorValue: initialAccumulatorValue ?? 0.1,
        epsilon: epsilon)
    case "Adadelta":
      return Adadelta(learningRate: learningRate, rho: rho ?? 0.95, epsilon: epsilon)
    case "Lion":
      return Lion(
        learningRate: learningRate, beta1: beta1, beta2: beta2, weightDecay: weightDecay)
    case "Lamb":
      return LAMB(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: weightDecay, clipping: clipping, parameterRules: rules)
    case "Muon":
      return Muon(
        learningRate: learningRate, momentum: momentum ?? 0.95, nesterov: nesterov ?? true,
        newtonSchulzSteps: nsSteps ?? 5, rootMeanSquareRate: rmsRate,
        flattensKernels: flattensKernels, excludedNames: excludeLayers ?? [],
        adamRateRatio: adamLrRatio ?? 1, weightDecay: weightDecay ?? 0.004, clipping: clipping,
        parameterRules: rules)
    default:
      throw FixtureSchedule.Unknown(type: kind)
    }
  }
}

extension FixtureOptimizer {
  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func number(_ key: CodingKeys) throws -> Double? {
      try container.decodeIfPresent(Double.self, forKey: key)
    }
    func whole(_ key: CodingKeys) throws -> Int? {
      try container.decodeIfPresent(Int.self, forKey: key)
    }
    func truth(_ key: CodingKeys) throws -> Bool? {
      try container.decodeIfPresent(Bool.self, forKey: key)
    }
    (momentum, beta1, beta2) = (try number(.momentum), try number(.beta1), try number(.beta2))
    (epsilon, rho, weightDecay) = (
      try number(.epsilon), try number(.rho), try number(.weightDecay)
    )
    initialAccumulatorValue = try number(.initialAccumulatorValue)
    (nesterov, amsgrad, centered) = (
      try truth(.nesterov), try truth(.amsgrad), try truth(.centered)
    )
    (clipvalue, clipnorm) = (try number(.clipvalue), try number(.clipnorm))
    globalClipnorm = try number(.globalClipnorm)
    (useEma, emaMomentum) = (try truth(.useEma), try number(.emaMomentum))
    emaOverwriteFrequency = try whole(.emaOverwriteFrequency)
    gradientAccumulationSteps = try whole(.gradientAccumulationSteps)
    (nsSteps, adamLrRatio) = (try whole(.nsSteps), try number(.adamLrRatio))
    excludeLayers = try container.decodeIfPresent([String].self, forKey: .excludeLayers)
    if container.contains(.rmsRate) { rmsRate = try number(.rmsRate) }
  }
}
