internal import Glibc
public import PinionTensor

/// The Kullback–Leibler divergence, Σ yᵢ · log(yᵢ / pᵢ) along the last axis, y and p being clipped
/// to [10⁻⁷, 1] as in Keras 3; the mean over the other axes of a sample.
///
/// After a softmax it is computed from the logits, without clipping p. The gradient through a
/// clipped value is 0.
///
/// Outputs and targets: (N, …, C), distributions along the last axis.
public struct KLDivergence: Loss {
  public init() {}

  public var logitsLink: LogitsLink? { .softmax }
  public var comparesClasses: Bool { true }

  public func validate(output: Shape, target: Shape) throws {
    try CrossEntropy.validateClasses(of: output)
    try Self.requireEqualShapes(output, target, for: "the Kullback-Leibler divergence")
  }

  public func evaluate(_ context: LossContext) {
    let epsilon = CrossEntropy.epsilon
    CrossEntropy.evaluate(context) { row in
      let targets = context.targets[row.range].base
      let target = { (c: Int) in min(max(targets[c], epsilon), 1) }
      var negativeEntropy = 0.0
      for c in 0..<row.outputs.count {
        let y = Double(target(c))
        negativeEntropy += y * log(y)
      }
      if context.areLogits { return negativeEntropy + row.lossOfLogits(target) }
      var crossEntropy = 0.0
      for c in 0..<row.outputs.count {
        let p = row.outputs.base[c]
        let clipped = min(max(p, epsilon), 1)
        crossEntropy -= Double(target(c)) * log(Double(clipped))
        row.gradients?.base[c] = p == clipped ? -row.scale * target(c) / p : 0
      }
      return negativeEntropy + crossEntropy
    }
  }
}

/// −Σ ŷᵢ·yᵢ / (‖ŷ‖·‖y‖) along an axis, from −1 for the same direction to 1 for the opposite one;
/// the mean over the other axes of a sample, as in Keras 3.
///
/// A norm below 10⁻⁷ counts as 10⁻⁷, so that zeros give 0. Outputs and targets: (N, …) of the same
/// shape.
public struct CosineSimilarity: Loss {
  /// The axis of a sample's output, from 0 or, negative, from the end. Keras counts the batch as
  /// axis 0.
  public var axis: Int

  /// Default: the last axis.
  public init(axis: Int = -1) { self.axis = axis }

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the cosine similarity")
    try LayerError.require(
      (-output.rank..<output.rank).contains(axis),
      "the axis of the cosine similarity must be one of the output \(output)", received: "\(axis)")
  }

  public func evaluate(_ context: LossContext) {
    let shape = context.outputShape
    let axis = axis < 0 ? axis + shape.rank : axis
    let (length, size) = (shape[axis], shape.elementCount)
    var inner = 1
    for following in axis + 1..<max(axis + 1, shape.rank) { inner *= shape[following] }
    let rows = size / max(1, length)
    let scale = Double(context.gradientScale) / Double(rows)
    for sample in 0..<context.sampleCount {
      var sum = 0.0
      for row in 0..<rows {
        let start = sample * size + row / inner * length * inner + row % inner
        sum += Self.similarity(context, start: start, stride: inner, count: length, scale: scale)
      }
      context.losses[sample] = Float(-sum / Double(rows))
    }
  }

  /// cos of the angle; the gradient of −cos is t·(y/‖y‖ − cos·ŷ/‖ŷ‖) with t = −1/‖ŷ‖.
  private static func similarity(
    _ context: LossContext, start: Int, stride: Int, count: Int, scale: Double
  ) -> Double {
    let (outputs, targets) = (context.outputs.base + start, context.targets.base + start)
    var (dot, own, other) = (0.0, 0.0, 0.0)
    for i in 0..<count {
      let (y, t) = (Double(outputs[i * stride]), Double(targets[i * stride]))
      dot += y * t
      own += y * y
      other += t * t
    }
    let epsilon = Double(CrossEntropy.epsilon)
    let (norm, targetNorm) = (max(own.squareRoot(), epsilon), max(other.squareRoot(), epsilon))
    let cosine = dot / (norm * targetNorm)
    guard let gradients = context.gradients else { return cosine }
    // A norm below ε counts as constant.
    let radial = own.squareRoot() > epsilon ? cosine / norm : 0
    for i in 0..<count {
      let direction = Double(targets[i * stride]) / targetNorm
      let slope = -(direction - radial * Double(outputs[i * stride])) / norm
      gradients[start + i * stride] = Float(scale * slope)
    }
    return cosine
  }
}

extension Loss where Self == KLDivergence {
  /// Σ y · log(y / p), for targets that are distributions.
  public static var klDivergence: KLDivergence { KLDivergence() }
}

extension Loss where Self == CosineSimilarity {
  /// −cos of the angle between output and target.
  public static var cosineSimilarity: CosineSimilarity { CosineSimilarity() }

  /// −cos of the angle between output and target along an axis of a sample.
  public static func cosineSimilarity(axis: Int) -> CosineSimilarity {
    CosineSimilarity(axis: axis)
  }
}
