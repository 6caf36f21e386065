public import PinionTensor

/// Steps divided by the root of the sum of all squared gradients.
///
/// With learning rate λ, gradient g and parameter w: a ← a + g², w ← w − λg / √(a + ε).
///
/// As in Keras 3; Duchi et al. 2011.
public struct Adagrad: Optimizer {
  public var learningRate: LearningRate
  /// The first value of a; 0 or more.
  public var initialAccumulatorValue: Double
  /// ε, at least the smallest normal float.
  public var epsilon: Double
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.001, initialAccumulatorValue: Double = 0.1,
    epsilon: Double = 1e-7, weightDecay: Double? = nil, clipping: GradientClipping? = nil,
    parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.initialAccumulatorValue = initialAccumulatorValue
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  /// a.
  public var slotNames: [String] { ["accumulator"] }

  public var initialSlotValues: [Float] { [Float(initialAccumulatorValue)] }

  /// λ and ε.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(learningRate, epsilon)
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(slots[0].count == count, "a slot as long as the parameters")
    let (w, g, a) = (parameters.base, gradients.base, slots[0].base)
    let (learningRate, epsilon) = (coefficients[0], coefficients[1])
    for i in 0..<count {
      let sum = a[i] + g[i] * g[i]
      a[i] = sum
      w[i] -= learningRate * g[i] / (sum + epsilon).magnitude.squareRoot()
    }
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.checkRate(initialAccumulatorValue, "Adagrad.initialAccumulatorValue")
    try ArgumentError.checkEpsilon(epsilon, "Adagrad.epsilon")
  }
}

/// Steps scaled by the ratio of the running mean squares of past steps and gradients.
///
/// With learning rate λ, gradient g and parameter w:
///
/// - a ← ρa + (1 − ρ)g², s = −g√(d + ε) / √(a + ε), d ← ρd + (1 − ρ)s²
/// - w ← w + λs
///
/// The default rate is Keras 3's 0.001; the paper's is 1. Zeiler 2012 (arXiv:1212.5701).
public struct Adadelta: Optimizer {
  public var learningRate: LearningRate
  /// ρ, in 0..<1.
  public var rho: Double
  /// ε, at least the smallest normal float.
  public var epsilon: Double
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.001, rho: Double = 0.95, epsilon: Double = 1e-7,
    weightDecay: Double? = nil, clipping: GradientClipping? = nil,
    parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.rho = rho
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  /// a and d.
  public var slotNames: [String] { ["accumulated_grad", "accumulated_delta_var"] }

  /// λ, ρ, 1 − ρ and ε.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(learningRate, rho, 1 - rho, epsilon)
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(
      slots[0].count == count && slots[1].count == count, "slots as long as the parameters")
    let (w, g, a, d) = (parameters.base, gradients.base, slots[0].base, slots[1].base)
    let (learningRate, rho) = (coefficients[0], coefficients[1])
    let (oneMinusRho, epsilon) = (coefficients[2], coefficients[3])
    for i in 0..<count {
      let square = rho * a[i] + oneMinusRho * (g[i] * g[i])
      let size = (d[i] + epsilon).magnitude.squareRoot()
      let delta = -(size * g[i] / (square + epsilon).magnitude.squareRoot())
      a[i] = square
      d[i] = rho * d[i] + oneMinusRho * (delta * delta)
      w[i] += learningRate * delta
    }
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.checkDecay(rho, "Adadelta.rho")
    try ArgumentError.checkEpsilon(epsilon, "Adadelta.epsilon")
  }
}
