public import PinionTensor

/// ``Adam`` and the optimizers that take its hyperparameters.
public protocol AdamVariant: Optimizer {
  /// β₁, in 0..<1.
  var beta1: Double { get set }
  /// β₂, in 0..<1.
  var beta2: Double { get set }
  /// ε, at least the smallest normal float.
  var epsilon: Double { get set }
  var weightDecay: Double? { get set }
  var clipping: GradientClipping? { get set }
  var parameterRules: [ParameterRule] { get set }

  /// With the default of each hyperparameter.
  init()
}

extension AdamVariant {
  /// - Parameters:
  ///   - weightDecay: Default: none; of ``AdamW``, 0.004.
  public init(
    learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, weightDecay: Double? = Self().weightDecay,
    clipping: GradientClipping? = nil, parameterRules: [ParameterRule] = []
  ) {
    self.init()
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.checkDecay(beta1, "\(Self.typeName).beta1")
    try ArgumentError.checkDecay(beta2, "\(Self.typeName).beta2")
    try ArgumentError.checkEpsilon(epsilon, "\(Self.typeName).epsilon")
  }
}
