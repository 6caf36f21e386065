@testable import PinionTensor

/// The definition of batch normalization as plain loops, in any precision, the reference of
/// the fast one.
///
/// y = γ·x̂ + β with x̂ = (x − μ)/√(σ² + ε), for each place c of the axis over all others. An image
/// is (outer, count, inner), the axis in the middle.
struct NaiveBatchNormalization<Number: BinaryFloatingPoint> {
  private let outer, count, inner, samples: Int
  private let epsilon: Number

  /// - Parameter axis: Counted without the batch.
  init(shape: Shape, axis: Int, samples: Int, epsilon: Number) {
    outer = shape[..<axis].reduce(1, *)
    count = shape[axis]
    inner = shape[(axis + 1)...].reduce(1, *)
    self.samples = samples
    self.epsilon = epsilon
  }

  /// μ = Σ x / m and σ² = Σ (x − μ)² / m over the m values of each place. x: (N, image).
  func statistics(_ x: [Number]) -> (mean: [Number], variance: [Number]) {
    let m = Number(samples * outer * inner)
    var mean = [Number](repeating: 0, count: count)
    var variance = mean
    forEach { i, c in mean[c] += x[i] / m }
    forEach { i, c in variance[c] += (x[i] - mean[c]) * (x[i] - mean[c]) / m }
    return (mean, variance)
  }

  /// y = γ·(x − μ)/√(σ² + ε) + β; in training with the batch's statistics, else with the moving
  /// ones.
  func forward(
    _ x: [Number], mean: [Number], variance: [Number], gamma: [Number], beta: [Number]
  ) -> [Number] {
    var y = x
    forEach { i, c in
      y[i] = gamma[c] * (x[i] - mean[c]) / (variance[c] + epsilon).squareRoot() + beta[c]
    }
    return y
  }

  /// dγ = Σ dy·x̂, dβ = Σ dy and dx = γ/√(σ² + ε)·(dy − dβ/m − x̂·dγ/m), the batch's statistics
  /// being functions of x too.
  func backward(
    _ x: [Number], mean: [Number], variance: [Number], gamma: [Number], outputGradient dy: [Number]
  ) -> (input: [Number], gamma: [Number], beta: [Number]) {
    let m = Number(samples * outer * inner)
    let normalized = forward(
      x, mean: mean, variance: variance, gamma: Array(repeating: 1, count: count),
      beta: Array(repeating: 0, count: count))
    var (gammaGradient, betaGradient) = (
      [Number](repeating: 0, count: count), [Number](repeating: 0, count: count)
    )
    forEach { i, c in
      gammaGradient[c] += dy[i] * normalized[i]
      betaGradient[c] += dy[i]
    }
    var dx = x
    forEach { i, c in
      dx[i] =
        gamma[c] / (variance[c] + epsilon).squareRoot()
        * (dy[i] - betaGradient[c] / m - normalized[i] * gammaGradient[c] / m)
    }
    return (dx, gammaGradient, betaGradient)
  }

  /// Calls `body` with each place in the batch and the place on the axis.
  private func forEach(_ body: (_ index: Int, _ place: Int) -> Void) {
    for i in 0..<samples * outer * count * inner { body(i, i / inner % count) }
  }
}
