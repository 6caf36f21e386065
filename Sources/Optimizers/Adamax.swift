internal import Glibc
public import PinionTensor

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
