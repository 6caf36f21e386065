internal import Glibc
public import PinionTensor

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
