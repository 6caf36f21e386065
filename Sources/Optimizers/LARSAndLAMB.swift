internal import Glibc
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

/// Adam with a step in proportion to the norm of each parameter, for large batches.
///
/// With learning rate λ, gradient g, parameter w, and step t from 1:
///
/// - m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂)
/// - u = m/(1 − β₁ᵗ) / (√(v/(1 − β₂ᵗ)) + ε)
/// - w ← w − λu · ‖w‖₂/‖u‖₂, the ratio 1 if one of the norms is 0
///
/// Norms are those of a parameter of the network (a kernel, a bias) after the weight decay, which
/// is decoupled here as in Keras 3's `Lamb`; You et al. 2019 (arXiv:1904.00962) add it to u.
public struct LAMB: AdamVariant, LayerwiseOptimizer {
  public var learningRate: LearningRate = 0.001
  /// β₁, the decay rate of the mean gradient; in 0..<1.
  public var beta1 = 0.9
  /// β₂, the decay rate of the mean squared gradient; in 0..<1.
  public var beta2 = 0.999
  /// ε, at least the smallest normal float.
  public var epsilon = 1e-7
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule] = []

  public init() {}

  /// m and v.
  public var slotNames: [String] { ["momentum", "velocity"] }

  /// λ (times the ratio), 1 − β₁, 1 − β₂, ε, 1/(1 − β₁ᵗ) and 1/(1 − β₂ᵗ).
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    let t = Double(step + 1)
    return StepCoefficients(
      learningRate, 1 - beta1, 1 - beta2, epsilon, 1 / (1 - pow(beta1, t)),
      1 / (1 - pow(beta2, t)))
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    let (w, m, v) = (parameters.base, slots[0].base, slots[1].base)
    let (rate, epsilon) = (coefficients[0], coefficients[3])
    let (meanFactor, squareFactor) = (coefficients[4], coefficients[5])
    // `magnitude` enables vectorization, as in Adam.
    for i in 0..<count {
      w[i] -=
        rate * (m[i] * meanFactor)
        / ((v[i] * squareFactor).magnitude.squareRoot() + epsilon)
    }
  }

  /// Updates m and v. Returns Σ w² and Σ u².
  public func prepare(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) -> SIMD2<Double> {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(
      slots[0].count == count && slots[1].count == count, "slots as long as the parameters")
    let (g, m, v) = (gradients.base, slots[0].base, slots[1].base)
    let (oneMinusBeta1, oneMinusBeta2) = (coefficients[1], coefficients[2])
    let epsilon = coefficients[3]
    let (meanFactor, squareFactor) = (coefficients[4], coefficients[5])
    for i in 0..<count {
      m[i] += (g[i] - m[i]) * oneMinusBeta1
      v[i] += (g[i] * g[i] - v[i]) * oneMinusBeta2
    }
    var sum = BlockSum()
    let whole = count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
      let root = (BlockSum.load(v + i) * squareFactor).squareRoot()
      let u = BlockSum.load(m + i) * meanFactor / (root + epsilon)
      sum.add(u * u)
    }
    for i in whole..<count {
      let u = m[i] * meanFactor / ((v[i] * squareFactor).squareRoot() + epsilon)
      sum.add(u * u)
    }
    return SIMD2(ElementLoops.sumOfSquares(parameters), sum.total)
  }

  public func coefficients(
    _ coefficients: StepCoefficients, sums: SIMD2<Double>, learningRate: Double,
    weightDecay: Double, of parameter: ParameterRange
  ) -> StepCoefficients {
    let ratio = sums.x > 0 && sums.y > 0 ? (sums.x / sums.y).squareRoot() : 1
    return coefficients.replacing(0, with: learningRate * ratio)
  }
}
