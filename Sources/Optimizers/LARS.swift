public import PinionTensor

/// Gradient descent with momentum and a rate in proportion to the norm of each parameter, for large
/// batches.
///
/// With learning rate λ, momentum μ, weight decay d, gradient g and parameter w:
///
/// - r = η‖w‖₂ / (‖g‖₂ + d‖w‖₂ + ε), or 1 if one of the norms is 0
/// - m ← μm + λr(g + dw), then w ← w − m, or w ← w − μm − λr(g + dw) with `nesterov`
///
/// Parameters of the roles bias and normalization have r = 1 and d = 0. You et al. 2017
/// (arXiv:1708.03888), in the form of the MLPerf reference.
public struct LARS: LayerwiseOptimizer {
  public var learningRate: LearningRate
  /// μ, in 0…1.
  public var momentum: Double
  /// η, positive.
  public var trustCoefficient: Double
  /// ε, 0 or more.
  public var epsilon: Double
  /// Whether to use Nesterov's form. Default: false.
  public var nesterov: Bool
  /// d, 0 or more: not decoupled, but a part of the gradient g + dw. Default: nil, none.
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.1, momentum: Double = 0.9, trustCoefficient: Double = 0.001,
    epsilon: Double = 0, nesterov: Bool = false, weightDecay: Double? = nil,
    clipping: GradientClipping? = nil, parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.trustCoefficient = trustCoefficient
    self.epsilon = epsilon
    self.nesterov = nesterov
    self.weightDecay = weightDecay
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  /// m.
  public var slotNames: [String] { ["momentum"] }

  /// λ (times r), μ and d.
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
    require(slots[0].count == count, "a slot as long as the parameters")
    let (w, g, m) = (parameters.base, gradients.base, slots[0].base)
    let (rate, momentum, decay) = (coefficients[0], coefficients[1], coefficients[2])
    if nesterov {
      for i in 0..<count {
        let step = rate * (g[i] + decay * w[i])
        let velocity = momentum * m[i] + step
        m[i] = velocity
        w[i] -= momentum * velocity + step
      }
    } else {
      for i in 0..<count {
        let velocity = momentum * m[i] + rate * (g[i] + decay * w[i])
        m[i] = velocity
        w[i] -= velocity
      }
    }
  }

  public var decaysWeights: Bool { true }

  /// Returns Σ w² and Σ g².
  public func prepare(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) -> SIMD2<Double> {
    SIMD2(ElementLoops.sumOfSquares(parameters), ElementLoops.sumOfSquares(gradients))
  }

  public func coefficients(
    _ coefficients: StepCoefficients, sums: SIMD2<Double>, learningRate: Double,
    weightDecay: Double, of parameter: ParameterRange
  ) -> StepCoefficients {
    guard parameter.role != .bias, parameter.role != .normalization else { return coefficients }
    let (weightNorm, gradientNorm) = (sums.x.squareRoot(), sums.y.squareRoot())
    let ratio =
      weightNorm > 0 && gradientNorm > 0
      ? trustCoefficient * weightNorm / (gradientNorm + weightDecay * weightNorm + epsilon) : 1
    return coefficients.replacing(0, with: learningRate * ratio).replacing(2, with: weightDecay)
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.check(
      momentum >= 0 && momentum <= 1, "LARS.momentum", "at least 0 and at most 1",
      found: momentum)
    try ArgumentError.check(
      trustCoefficient > 0 && trustCoefficient.isFinite, "LARS.trustCoefficient",
      "a finite number, positive", found: trustCoefficient)
    try ArgumentError.checkRate(epsilon, "LARS.epsilon")
  }
}
