import Glibc

/// The definition of the cross-entropy of a softmax as plain loops, in any precision, the reference
/// of the fast ones.
///
/// L = −Σᵢ yᵢ·log pᵢ with p = exp z / Σ exp z, for targets y that are a distribution.
struct NaiveSoftmaxCrossEntropy {
  init() {}

  /// pᵢ = exp(zᵢ − max z) / Σⱼ exp(zⱼ − max z), which is independent of a constant added to all of
  /// z.
  func probabilities<Number: BinaryFloatingPoint>(_ logits: [Number]) -> [Number] {
    let largest = logits.max() ?? 0
    let exponentials = logits.map { Number(exp(Double($0 - largest))) }
    let sum = exponentials.reduce(0, +)
    return exponentials.map { $0 / sum }
  }

  /// L = Σ yᵢ·(log Σⱼ exp zⱼ − zᵢ), which is −Σ y·log p without the logarithm of a p that vanished.
  func loss<Number: BinaryFloatingPoint>(_ logits: [Number], target: [Number]) -> Number {
    let largest = logits.max() ?? 0
    let sum = logits.reduce(Number(0)) { $0 + Number(exp(Double($1 - largest))) }
    let logSum = largest + Number(log(Double(sum)))
    return zip(logits, target).reduce(0) { $0 + $1.1 * (logSum - $1.0) }
  }

  /// dL/dzᵢ = pᵢ·Σ y − yᵢ.
  func gradient<Number: BinaryFloatingPoint>(
    _ logits: [Number], target: [Number]
  ) -> [Number] {
    let weight = target.reduce(0, +)
    return zip(probabilities(logits), target).map { $0 * weight - $1 }
  }
}
