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
