internal import Glibc
internal import PinionTensor

/// What the two cross-entropies share.
enum CrossEntropy {
  /// Probabilities are kept this far from 0 and 1, as Keras's `epsilon()`.
  static let epsilon: Float = 1e-7

  /// Throws ``LayerError`` unless the outputs' last axis holds two classes or more: over a single one every prediction is certain.
  static func validateClasses(of output: Shape) throws {
    try LayerError.require(
      output.last.map { $0 > 1 } ?? false,
      "a cross-entropy over classes needs at least two of them, also for a yes and a no: end the network with Dense(2, activation: .softmax) (or regress one number on 0 and 1 with the mean squared error)",
      received: "outputs of shape \(output)")
  }

  /// The largest logit m, and Σ exp(z − m).
  static func exponentials(_ logits: MemoryView<Float>) -> (largest: Float, sum: Float) {
    var largest = logits[0]
    for c in 1..<max(1, logits.count) where logits.base[c] > largest { largest = logits.base[c] }
    var sum: Float = 0
    for c in 0..<logits.count { sum += expf(logits.base[c] - largest) }
    return (largest, sum)
  }

  /// −Σ y·log q with q = p/Σp, cut to [ε, 1 − ε]; the gradient is that of the expression, zero through a cut.
  static func fromProbabilities(
    _ p: MemoryView<Float>, target: (Int) -> Float, gradients: MemoryView<Float>?, scale: Float
  ) -> Double {
    var sum: Float = 0
    for c in 0..<p.count { sum += p.base[c] }
    var loss = 0.0
    var passed: Float = 0
    for c in 0..<p.count {
      let q = p.base[c] / sum
      let y = target(c)
      let cut = min(max(q, epsilon), 1 - epsilon)
      if y != 0 { loss -= Double(y) * log(Double(cut)) }
      if q == cut { passed += y }
    }
    if let gradients {
      for c in 0..<p.count {
        let q = p.base[c] / sum
        let isInside = q >= epsilon && q <= 1 - epsilon
        gradients.base[c] = scale * (passed - (isInside ? target(c) / q : 0)) / sum
      }
    }
    return loss
  }
}
