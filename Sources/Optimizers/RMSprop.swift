public import PinionTensor

/// Steps scaled by a running root mean square of the gradient.
///
/// With learning rate λ, gradient g and parameter w:
///
/// - v ← ρv + (1 − ρ)g²; with `centered`, a ← ρa + (1 − ρ)g
/// - s = λg / √(v + ε), or λg / √(v − a² + ε) if `centered`
/// - w ← w − s, or with a momentum μ: m ← μm + s, w ← w − m
///
/// ε is inside the root, as in Keras 3 and unlike PyTorch. Tieleman and Hinton 2012; Graves 2013
/// for the centered form.
public struct RMSprop: Optimizer {
  public var learningRate: LearningRate
  /// ρ, in 0..<1.
  public var rho: Double
  /// μ, in 0…1.
  public var momentum: Double
  /// ε, at least the smallest normal float.
  public var epsilon: Double
  /// Whether the square of the mean gradient a is subtracted from v. Default: false.
  public var centered: Bool
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.001, rho: Double = 0.9, momentum: Double = 0,
    epsilon: Double = 1e-7, centered: Bool = false, weightDecay: Double? = nil,
    clipping: GradientClipping? = nil, parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.rho = rho
    self.momentum = momentum
    self.epsilon = epsilon
    self.centered = centered
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  /// v, m with a momentum, and a if `centered`.
  public var slotNames: [String] {
    ["velocity"] + (momentum == 0 ? [] : ["momentum"]) + (centered ? ["average_gradient"] : [])
  }

  /// λ, ρ, 1 − ρ, μ and ε.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(learningRate, rho, 1 - rho, momentum, epsilon)
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(slots[0].count == count, "slots as long as the parameters")
    let (w, g, v) = (parameters.base, gradients.base, slots[0].base)
    let (learningRate, rho, oneMinusRho) = (coefficients[0], coefficients[1], coefficients[2])
    let (momentum, epsilon) = (coefficients[3], coefficients[4])
    // `magnitude` enables vectorization, as in Adam. Separate loops, so that each has few buffers.
    for i in 0..<count { v[i] = rho * v[i] + oneMinusRho * (g[i] * g[i]) }
    guard centered || self.momentum != 0 else {
      for i in 0..<count { w[i] -= learningRate * g[i] / (v[i] + epsilon).magnitude.squareRoot() }
      return
    }
    guard centered else {
      let m = slots[1].base
      for i in 0..<count {
        let increment = learningRate * g[i] / (v[i] + epsilon).magnitude.squareRoot()
        m[i] = momentum * m[i] + increment
        w[i] -= m[i]
      }
      return
    }
    let a = slots[self.momentum == 0 ? 1 : 2].base
    for i in 0..<count { a[i] = rho * a[i] + oneMinusRho * g[i] }
    guard self.momentum != 0 else {
      for i in 0..<count {
        let variance = (v[i] - a[i] * a[i] + epsilon).magnitude
        w[i] -= learningRate * g[i] / variance.squareRoot()
      }
      return
    }
    let m = slots[1].base
    for i in 0..<count {
      let variance = (v[i] - a[i] * a[i] + epsilon).magnitude
      m[i] = momentum * m[i] + learningRate * g[i] / variance.squareRoot()
    }
    for i in 0..<count { w[i] -= m[i] }
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.checkDecay(rho, "RMSprop.rho")
    try ArgumentError.check(
      momentum >= 0 && momentum <= 1, "RMSprop.momentum", "at least 0 and at most 1",
      found: momentum)
    try ArgumentError.checkEpsilon(epsilon, "RMSprop.epsilon")
  }
}
