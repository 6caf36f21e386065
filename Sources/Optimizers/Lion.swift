public import PinionTensor

/// Steps of one size in the direction of the sign of an interpolated momentum.
///
/// With learning rate λ, gradient g and parameter w:
///
/// - w ← w − λ · sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g
///
/// Rates are usually three to ten times less than Adam's, decays as much larger. As in Keras 3;
/// Chen et al. 2023 (arXiv:2302.06675).
public struct Lion: Optimizer {
  public var learningRate: LearningRate
  /// β₁, in 0..<1.
  public var beta1: Double
  /// β₂, in 0..<1.
  public var beta2: Double
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.99,
    weightDecay: Double? = nil, clipping: GradientClipping? = nil,
    parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  /// m.
  public var slotNames: [String] { ["momentum"] }

  /// λ, β₁, 1 − β₁, β₂ and 1 − β₂.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(learningRate, beta1, 1 - beta1, beta2, 1 - beta2)
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(slots[0].count == count, "a slot as long as the parameters")
    let (w, g, m) = (parameters.base, gradients.base, slots[0].base)
    let (learningRate, beta1, oneMinusBeta1) = (coefficients[0], coefficients[1], coefficients[2])
    let (beta2, oneMinusBeta2) = (coefficients[3], coefficients[4])
    for i in 0..<count {
      let direction = m[i] * beta1 + g[i] * oneMinusBeta1
      // The product is 0, or NaN.
      w[i] -=
        direction > 0 ? learningRate : direction < 0 ? -learningRate : direction * learningRate
      m[i] = m[i] * beta2 + g[i] * oneMinusBeta2
    }
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.checkDecay(beta1, "Lion.beta1")
    try ArgumentError.checkDecay(beta2, "Lion.beta2")
  }
}
