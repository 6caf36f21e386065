internal import Glibc
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

/// Adam with the infinity norm of past gradients.
///
/// With learning rate λ, gradient g, parameter w, and step t from 1:
///
/// - m ← m + (g − m)(1 − β₁), u ← max(β₂u, |g|)
/// - w ← w − λm / ((1 − β₁ᵗ)(u + ε))
///
/// As in Keras 3; Kingma and Ba 2014 (arXiv:1412.6980).
public struct Adamax: AdamVariant {
  public var learningRate: LearningRate = 0.001
  /// β₁, the decay rate of the mean gradient; in 0..<1.
  public var beta1 = 0.9
  /// β₂, the decay rate of the norm; in 0..<1.
  public var beta2 = 0.999
  /// ε, at least the smallest normal float.
  public var epsilon = 1e-7
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule] = []

  public init() {}

  /// m and u.
  public var slotNames: [String] { ["momentum", "norm"] }

  /// λ, 1 − β₁, β₂, ε and 1 − β₁ᵗ.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    StepCoefficients(
      learningRate, 1 - beta1, beta2, epsilon, 1 - pow(beta1, Double(step + 1)))
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(
      slots[0].count == count && slots[1].count == count, "slots as long as the parameters")
    let (w, g, m, u) = (parameters.base, gradients.base, slots[0].base, slots[1].base)
    let (learningRate, oneMinusBeta1) = (coefficients[0], coefficients[1])
    let (beta2, epsilon, correction) = (coefficients[2], coefficients[3], coefficients[4])
    for i in 0..<count {
      let mean = m[i] + (g[i] - m[i]) * oneMinusBeta1
      let decayed = beta2 * u[i]
      let size = g[i].magnitude
      // The difference is 0, or NaN, which the comparison would lose.
      let norm = (decayed >= size ? decayed : size) + (decayed - decayed)
      m[i] = mean
      u[i] = norm
      w[i] -= learningRate * mean / (correction * (norm + epsilon))
    }
  }
}

/// Adam with Nesterov momentum.
///
/// With learning rate λ, gradient g, parameter w, and step t from 1:
///
/// - uₜ = β₁ · (1 − ½ · 0.96ᵗ), Πₜ = u₁ · … · uₜ
/// - m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂)
/// - m̂ = uₜ₊₁ · m / (1 − Πₜ · uₜ₊₁) + (1 − uₜ) · g / (1 − Πₜ), v̂ = v / (1 − β₂ᵗ)
/// - w ← w − λ · m̂ / (√v̂ + ε)
///
/// As in Keras 3; PyTorch's uₜ rises 250 times more slowly. Dozat 2016, "Incorporating Nesterov
/// Momentum into Adam".
public struct Nadam: AdamVariant {
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

  /// Π₀ = 1.
  public var initialScalars: [Double] { [1] }

  /// λ, 1 − β₁, 1 − β₂, ε, and the factors of m, of g and of v in m̂ and v̂. Updates the scalar
  /// from Πₜ₋₁ to Πₜ.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    let t = Double(step + 1)
    let now = beta1 * (1 - 0.5 * pow(0.96, t))
    let next = beta1 * (1 - 0.5 * pow(0.96, t + 1))
    scalars[0] *= now
    let product = scalars[0]
    return StepCoefficients(
      learningRate, 1 - beta1, 1 - beta2, epsilon, next / (1 - product * next),
      (1 - now) / (1 - product), 1 / (1 - pow(beta2, t)))
  }

  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(
      slots[0].count == count && slots[1].count == count, "slots as long as the parameters")
    let (w, g, m, v) = (parameters.base, gradients.base, slots[0].base, slots[1].base)
    let (learningRate, epsilon) = (coefficients[0], coefficients[3])
    let (oneMinusBeta1, oneMinusBeta2) = (coefficients[1], coefficients[2])
    let (meanFactor, gradientFactor) = (coefficients[4], coefficients[5])
    let squareFactor = coefficients[6]
    // `magnitude` enables vectorization, as in Adam.
    for i in 0..<count {
      let mean = m[i] + (g[i] - m[i]) * oneMinusBeta1
      let square = v[i] + (g[i] * g[i] - v[i]) * oneMinusBeta2
      m[i] = mean
      v[i] = square
      let lookahead = meanFactor * mean + gradientFactor * g[i]
      w[i] -=
        lookahead * learningRate / ((square * squareFactor).magnitude.squareRoot() + epsilon)
    }
  }
}
