internal import Glibc
internal import PinionTensor

/// The update that ``Adam``, ``AdamW`` and ``Muon`` share, in the letters of ``Adam``.
enum AdamUpdate {
  /// α, 1 − β₁, 1 − β₂ and ε.
  static func coefficients(
    step: Int, learningRate: Double, beta1: Double, beta2: Double, epsilon: Double
  ) -> StepCoefficients {
    let t = Double(step + 1)
    let alpha = learningRate * (1 - pow(beta2, t)).squareRoot() / (1 - pow(beta1, t))
    return StepCoefficients(alpha, 1 - beta1, 1 - beta2, epsilon)
  }

  /// m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), w ← w − α · m / (√v + ε); with `amsgrad`,
  /// the last with the largest v so far.
  ///
  /// Slots: m, v and, with `amsgrad`, the largest v.
  static func run(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients, amsgrad: Bool
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
    // Two loops: with the overlap checks of five buffers, one is not vectorized.
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
}
