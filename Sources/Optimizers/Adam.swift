internal import Glibc
public import PinionTensor

/// Adam: steps scaled by running means of the gradient and of its square.
///
/// With learning rate λ, gradient g, parameter w, and step t from 1:
///
/// - m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂)
/// - α = λ · √(1 − β₂ᵗ) / (1 − β₁ᵗ)
/// - w ← w − α · m / (√v + ε); with `amsgrad`, v is replaced by the largest v so far
///
/// ε is added to the uncorrected √v (the paper's ε̂), as in Keras 3 and unlike PyTorch. Kingma and
/// Ba 2014 (arXiv:1412.6980); Reddi et al. 2018 for AMSGrad.
public struct Adam: Optimizer {
  public var learningRate: LearningRate
  /// β₁, the decay rate of the mean gradient; in 0..<1.
  public var beta1: Double
  /// β₂, the decay rate of the mean squared gradient; in 0..<1.
  public var beta2: Double
  /// ε, at least the smallest normal float.
  public var epsilon: Double
  public var amsgrad: Bool
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, amsgrad: Bool = false, parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.amsgrad = amsgrad
    self.parameterRules = parameterRules
  }

  /// m, v and, with `amsgrad`, the largest v.
  public var slotNames: [String] {
    amsgrad ? ["momentum", "velocity", "velocity_hat"] : ["momentum", "velocity"]
  }

  /// α, 1 − β₁, 1 − β₂ and ε.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    let t = Double(step + 1)
    let alpha = learningRate * (1 - pow(beta2, t)).squareRoot() / (1 - pow(beta1, t))
    return StepCoefficients(alpha, 1 - beta1, 1 - beta2, epsilon)
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
    let (alpha, epsilon) = (coefficients[0], coefficients[3])
    let (oneMinusBeta1, oneMinusBeta2) = (coefficients[1], coefficients[2])
    // `magnitude` tells the compiler that the operand is not negative: a square root that may set
    // errno keeps the loop from being vectorized, which makes it five times slower.
    guard amsgrad else {
      for i in 0..<count {
        let mean = m[i] + (g[i] - m[i]) * oneMinusBeta1
        let square = v[i] + (g[i] * g[i] - v[i]) * oneMinusBeta2
        m[i] = mean
        v[i] = square
        w[i] -= mean * alpha / (square.magnitude.squareRoot() + epsilon)
      }
      return
    }
    require(slots[2].count == count, "slots as long as the parameters")
    let largest = slots[2].base
    // Two loops: over five buffers the vectorizer gives up on the overlap checks.
    for i in 0..<count {
      m[i] += (g[i] - m[i]) * oneMinusBeta1
      let square = v[i] + (g[i] * g[i] - v[i]) * oneMinusBeta2
      v[i] = square
      // This order of comparison keeps NaN.
      largest[i] = largest[i] >= square ? largest[i] : square
    }
    for i in 0..<count {
      w[i] -= m[i] * alpha / (largest[i].magnitude.squareRoot() + epsilon)
    }
  }

  public func validate() throws(ArgumentError) {
    try learningRate.validate()
    try ArgumentError.checkDecay(beta1, "Adam.beta1")
    try ArgumentError.checkDecay(beta2, "Adam.beta2")
    try ArgumentError.checkEpsilon(epsilon, "Adam.epsilon")
  }
}
