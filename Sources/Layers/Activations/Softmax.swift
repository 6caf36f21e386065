internal import CPinionKernels
public import PinionTensor

/// f(z)ᵢ = exp(zᵢ − max z) / Σⱼ exp(zⱼ − max z) along the last axis: probabilities that sum to one.
public struct Softmax: ActivationFunction {
  public init() {}

  /// The arguments are the logits of the probabilities.
  public var logitsLink: LogitsLink? { .softmax }

  public var yieldsProbabilities: Bool? { true }

  /// Replaces each row of logits by its probabilities.
  public func apply(to values: MemoryView<Float>, width: Int) {
    guard width > 0 else { return }
    require(values.count % width == 0, "values that are not whole rows")
    pinion_softmax(values.base, values.count / width, width)
  }

  /// Replaces dy by p·(dy − Σ dy·p), row by row.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    guard width > 0 else { return }
    requireEqualCounts(gradient, values)
    pinion_softmax_gradient(gradient.base, values.base, values.count / width, width)
  }
}

extension ActivationFunction where Self == Softmax {
  /// Probabilities from logits along the last axis.
  public static var softmax: Softmax { Softmax() }
}

/// f(z)ᵢ = zᵢ − log Σⱼ exp(zⱼ) along the last axis: the logarithms of the softmax's probabilities.
/// As Keras 3's `log_softmax`.
public struct LogSoftmax: ActivationFunction {
  public init() {}

  /// f(z) ≤ 0.
  public var yieldsProbabilities: Bool? { false }

  /// Replaces each row of logits by the logarithms of its probabilities.
  public func apply(to values: MemoryView<Float>, width: Int) {
    guard width > 0 else { return }
    require(values.count % width == 0, "values that are not whole rows")
    pinion_log_softmax(values.base, values.count / width, width)
  }

  /// Replaces dy by dy − exp(y)·Σ dy, row by row.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    guard width > 0 else { return }
    requireEqualCounts(gradient, values)
    pinion_log_softmax_gradient(gradient.base, values.base, values.count / width, width)
  }
}

extension ActivationFunction where Self == LogSoftmax {
  /// Logarithms of probabilities from logits along the last axis.
  public static var logSoftmax: LogSoftmax { LogSoftmax() }
}
