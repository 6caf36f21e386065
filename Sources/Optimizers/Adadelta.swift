public import PinionTensor

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
