internal import Glibc
public import PinionTensor

/// Steps scaled by running means of the gradient and of its square.
///
/// With learning rate λ, gradient g, parameter w, and step t from 1:
///
/// - m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂)
/// - α = λ · √(1 − β₂ᵗ) / (1 − β₁ᵗ)
/// - w ← w − α · m / (√v + ε); with `amsgrad`, v in it is the largest v so far.
///
/// ε stands beside the uncorrected √v, as the paper's ε̂ and unlike PyTorch's. As Keras 3; Kingma
/// and Ba 2014 (arXiv:1412.6980), Reddi et al. 2018 for AMSGrad.
public struct Adam: Optimizer {
  /// How far a step goes.
  public var learningRate: LearningRate
  /// β₁, how much of the mean gradient a step keeps.
  public var beta1: Double
  /// β₂, how much of the mean square a step keeps.
  public var beta2: Double
  /// ε, which keeps the divisor from zero.
  public var epsilon: Double
  /// Whether to divide by the largest mean square so far.
  public var amsgrad: Bool

  /// Adam, by default at rate 0.001, with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁷.
  public init(
    learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7, amsgrad: Bool = false
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.amsgrad = amsgrad
  }

  /// m, v and, with `amsgrad`, the largest v.
  public var slotNames: [String] {
    amsgrad ? ["momentum", "velocity", "velocity_hat"] : ["momentum", "velocity"]
  }

  /// 2, or 3 with `amsgrad`.
  public var slotCount: Int { amsgrad ? 3 : 2 }

  /// α, 1 − β₁, 1 − β₂ and ε.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    let t = Double(step + 1)
    let alpha = learningRate * (1 - pow(beta2, t)).squareRoot() / (1 - pow(beta1, t))
    return StepCoefficients(alpha, 1 - beta1, 1 - beta2, epsilon)
  }

  /// Moves a range of parameters.
  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    let count = parameters.count
    require(gradients.count == count, "as many gradients as parameters")
    require(
      slots[0].count == count && slots[1].count == count, "as long slots as parameters")
    let (w, g, m, v) = (parameters.base, gradients.base, slots[0].base, slots[1].base)
    let (alpha, epsilon) = (coefficients[0], coefficients[3])
    let (keep1, keep2) = (coefficients[1], coefficients[2])
    // The magnitude of a square is the square, but of a number that might be negative the root might
    // set errno, which keeps the compiler from vectorising the loop: five times slower.
    guard amsgrad else {
      for i in 0..<count {
        let mean = m[i] + (g[i] - m[i]) * keep1
        let square = v[i] + (g[i] * g[i] - v[i]) * keep2
        m[i] = mean
        v[i] = square
        w[i] -= mean * alpha / (square.magnitude.squareRoot() + epsilon)
      }
      return
    }
    require(slots[2].count == count, "as long slots as parameters")
    let largest = slots[2].base
    // In two loops, as one over five buffers has more pairs that might overlap than the vectoriser
    // checks.
    for i in 0..<count {
      m[i] += (g[i] - m[i]) * keep1
      let square = v[i] + (g[i] * g[i] - v[i]) * keep2
      v[i] = square
      // In this order NaN is kept.
      largest[i] = largest[i] >= square ? largest[i] : square
    }
    for i in 0..<count {
      w[i] -= m[i] * alpha / (largest[i].magnitude.squareRoot() + epsilon)
    }
  }

  /// Throws ``ArgumentError`` if the learning rate or ε makes no sense, or a β is not in
  /// 0..<1.
  public func validate() throws(ArgumentError) {
    try learningRate.validate()
    try ArgumentError.checkDecay(beta1, "Adam.beta1")
    try ArgumentError.checkDecay(beta2, "Adam.beta2")
    try ArgumentError.checkEpsilon(epsilon, "Adam.epsilon")
  }
}
