public import PinionTensor

/// Gradient descent with optional momentum.
///
/// With learning rate λ, momentum μ, gradient g, velocity m (initially 0) and parameter w:
///
/// - without momentum: w ← w − λg
/// - with momentum: m ← μm − λg, then w ← w + m, or w ← w + μm − λg with `nesterov`
///
/// The learning rate is part of the velocity, as in Keras 3 and unlike PyTorch; Sutskever et al.
/// 2013.
public struct SGD: Optimizer {
  public var learningRate: LearningRate
  /// μ, in 0…1. Default: 0, no momentum.
  public var momentum: Double
  /// Whether to use Nesterov's form; without effect if the momentum is 0. Default: false.
  public var nesterov: Bool
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.01, momentum: Double = 0, nesterov: Bool = false,
    weightDecay: Double? = nil, clipping: GradientClipping? = nil,
    parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  public var slotNames: [String] { momentum == 0 ? [] : ["momentum"] }

  /// λ and μ.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(learningRate, momentum)
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    let learningRate = coefficients[0]
    let (w, g) = (parameters.base, gradients.base)
    guard momentum != 0 else {
      for i in 0..<count { w[i] -= g[i] * learningRate }
      return
    }
    require(slots[0].count == count, "a slot as long as the parameters")
    let m = slots[0].base
    let momentum = coefficients[1]
    if nesterov {
      Self.updateByNesterov(
        parameters: parameters, gradients: gradients, velocity: slots[0],
        learningRate: learningRate, momentum: momentum)
    } else {
      for i in 0..<count {
        let velocity = m[i] * momentum - g[i] * learningRate
        m[i] = velocity
        w[i] += velocity
      }
    }
  }

  /// m ← μm − λg, then w ← w + μm − λg.
  static func updateByNesterov(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, velocity: MemoryView<Float>,
    learningRate: Float, momentum: Float
  ) {
    let count = parameters.count
    require(
      gradients.count == count && velocity.count == count,
      "as many gradients and velocities as parameters")
    let (w, g, m) = (parameters.base, gradients.base, velocity.base)
    for i in 0..<count {
      let scaledGradient = g[i] * learningRate
      let velocity = m[i] * momentum - scaledGradient
      m[i] = velocity
      w[i] += velocity * momentum - scaledGradient
    }
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.check(
      momentum >= 0 && momentum <= 1, "SGD.momentum", "at least 0 and at most 1",
      found: momentum)
  }
}
