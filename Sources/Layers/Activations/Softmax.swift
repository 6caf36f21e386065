internal import Glibc
public import PinionTensor

/// f(z)ᵢ = exp(zᵢ − max z) / Σⱼ exp(zⱼ − max z) along the last axis: probabilities that sum to one.
public struct Softmax: ActivationFunction {
  /// The softmax.
  public init() {}

  /// The arguments are the logits of the probabilities.
  public var logitsLink: LogitsLink? { .softmax }

  /// Yes.
  public var yieldsProbabilities: Bool? { true }

  /// Replaces each row of logits by its probabilities.
  public func apply(to values: MemoryView<Float>, width: Int) {
    guard width > 0 else { return }
    require(values.count % width == 0, "values that are not whole rows")
    for row in 0..<values.count / width {
      let z = values.base + row * width
      var largest = z[0]
      for i in 1..<max(1, width) where z[i] > largest { largest = z[i] }
      var sum: Float = 0
      for i in 0..<width {
        z[i] = expf(z[i] - largest)
        sum += z[i]
      }
      for i in 0..<width { z[i] /= sum }
    }
  }

  /// Replaces dy by p·(dy − Σ dy·p), row by row.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    guard width > 0 else { return }
    require(gradient.count == values.count, "gradient and values differ in length")
    for row in 0..<values.count / width {
      let (dy, p) = (gradient.base + row * width, values.base + row * width)
      var dot: Float = 0
      for i in 0..<width { dot += dy[i] * p[i] }
      for i in 0..<width { dy[i] = p[i] * (dy[i] - dot) }
    }
  }
}

extension ActivationFunction where Self == Softmax {
  /// Probabilities from logits along the last axis.
  public static var softmax: Softmax { Softmax() }
}
