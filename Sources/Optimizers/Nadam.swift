internal import Glibc
public import PinionTensor

/// Adam with Nesterov's momentum: a step looks ahead along the mean gradient.
///
/// With learning rate λ, gradient g, parameter w, and step t from 1:
///
/// - uₜ = β₁ · (1 − ½ · 0.96ᵗ), Πₜ = u₁ · … · uₜ
/// - m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂)
/// - m̂ = uₜ₊₁ · m / (1 − Πₜ · uₜ₊₁) + (1 − uₜ) · g / (1 − Πₜ), v̂ = v / (1 − β₂ᵗ)
/// - w ← w − λ · m̂ / (√v̂ + ε)
///
/// As Keras 3, and unlike PyTorch, whose uₜ rises 250 times more slowly; Dozat 2016, "Incorporating
/// Nesterov momentum into Adam".
public struct Nadam: Optimizer {
  /// How far a step goes.
  public var learningRate: LearningRate
  /// β₁, how much of the mean gradient a step keeps.
  public var beta1: Double
  /// β₂, how much of the mean square a step keeps.
  public var beta2: Double
  /// ε, which keeps the divisor from zero.
  public var epsilon: Double

  /// Nadam, by default at rate 0.001, with β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁷.
  public init(
    learningRate: LearningRate = 0.001, beta1: Double = 0.9, beta2: Double = 0.999,
    epsilon: Double = 1e-7
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
  }

  /// m and v.
  public var slotNames: [String] { ["momentum", "velocity"] }

  /// 2.
  public var slotCount: Int { 2 }

  /// Π₀ = 1.
  public var initialScalars: [Double] { [1] }

  /// λ, 1 − β₁, 1 − β₂, ε, and the factors of m, of g and of v in m̂ and v̂; takes the scalar from
  /// Πₜ₋₁ to Πₜ.
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
    let (rate, epsilon) = (coefficients[0], coefficients[3])
    let (keep1, keep2) = (coefficients[1], coefficients[2])
    let (ofMean, ofGradient, ofSquare) = (coefficients[4], coefficients[5], coefficients[6])
    // The magnitude of a square is the square, but of a number that might be negative the root might
    // set errno, which keeps the compiler from vectorising the loop: five times slower.
    for i in 0..<count {
      let mean = m[i] + (g[i] - m[i]) * keep1
      let square = v[i] + (g[i] * g[i] - v[i]) * keep2
      m[i] = mean
      v[i] = square
      let ahead = ofMean * mean + ofGradient * g[i]
      w[i] -= ahead * rate / ((square * ofSquare).magnitude.squareRoot() + epsilon)
    }
  }

  /// Throws ``ArgumentError`` if the learning rate or ε makes no sense, or a β is not in
  /// 0..<1.
  public func validate() throws(ArgumentError) {
    try learningRate.validate()
    try ArgumentError.checkDecay(beta1, "Nadam.beta1")
    try ArgumentError.checkDecay(beta2, "Nadam.beta2")
    try ArgumentError.checkEpsilon(epsilon, "Nadam.epsilon")
  }
}
