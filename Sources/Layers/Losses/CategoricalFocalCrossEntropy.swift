internal import Glibc
public import PinionTensor

/// −α · Σ (1 − pᵢ)^γ · yᵢ · log pᵢ along the last axis, for targets y that are one-hot: the
/// cross-entropy with smaller weights for well-classified samples (Lin et al. 2017), as in Keras 3;
/// the mean over the other axes of a sample.
///
/// After a softmax it is computed from the logits. Other probabilities are divided by their sum,
/// then clipped to [10⁻⁷, 1 − 10⁻⁷]; Keras does that after a softmax too, where the two differ only
/// for probabilities that are clipped. Label smoothing ε replaces y by y · (1 − ε) + ε / classes.
///
/// Outputs and targets: (N, …, C).
public struct CategoricalFocalCrossEntropy: Loss {
  /// α, 0 or more.
  public var alpha: Double
  /// γ, 0 or more.
  public var gamma: Double
  /// ε, in 0..<1.
  public var labelSmoothing: Double
  /// Whether the network's outputs are logits instead of probabilities.
  public var fromLogits: Bool

  /// Defaults as Keras 3: α = 0.25, γ = 2.
  public init(
    alpha: Double = 0.25, gamma: Double = 2, labelSmoothing: Double = 0, fromLogits: Bool = false
  ) {
    self.alpha = alpha
    self.gamma = gamma
    self.labelSmoothing = labelSmoothing
    self.fromLogits = fromLogits
  }

  public var logitsLink: LogitsLink? { fromLogits ? nil : .softmax }
  public var takesLogits: Bool { fromLogits }
  public var comparesClasses: Bool { true }

  public func validate(output: Shape, target: Shape) throws {
    try CategoricalCrossEntropy(labelSmoothing: labelSmoothing)
      .validate(output: output, target: target)
    try LayerError.require(
      alpha >= 0 && alpha.isFinite, "alpha of a focal cross-entropy must be 0 or more",
      received: "\(alpha)")
    try LayerError.requireFocal(gamma: gamma)
  }

  public func evaluate(_ context: LossContext) {
    let (keep, add) = (1 - labelSmoothing, labelSmoothing / Double(context.classes))
    let areLogits = context.areLogits || fromLogits
    CrossEntropy.evaluate(context) { row in
      let targets = context.targets[row.range]
      let target = { (c: Int) in Double(targets.base[c]) * keep + add }
      return areLogits ? lossOfLogits(row, target) : lossOfProbabilities(row, target)
    }
  }

  /// The term of a class and its derivative with respect to p, of which 1 − p and log p are given.
  @inline(__always)
  private func term(
    _ p: Double, _ rest: Double, _ logarithm: Double
  ) -> (value: Double, slope: Double) {
    let factor = gamma == 0 ? 1 : pow(rest, gamma)
    let change = gamma == 0 || rest == 0 ? 0 : gamma * pow(rest, gamma - 1)
    return (-alpha * factor * logarithm, alpha * (change * logarithm - factor / p))
  }

  private func lossOfLogits(_ row: CrossEntropy.Row, _ target: (Int) -> Double) -> Double {
    let z = row.outputs
    var largest = Double(z[0])
    for c in 1..<max(1, z.count) where Double(z.base[c]) > largest { largest = Double(z.base[c]) }
    var sum = 0.0
    for c in 0..<z.count { sum += exp(Double(z.base[c]) - largest) }
    let logSum = largest + log(sum)
    var (loss, passed) = (0.0, 0.0)
    for c in 0..<z.count {
      let logarithm = min(Double(z.base[c]) - logSum, 0)
      let p = exp(logarithm)
      let term = term(p, -expm1(logarithm), logarithm)
      loss += target(c) == 0 ? 0 : target(c) * term.value
      passed += target(c) * (p == 0 ? -alpha : p * term.slope)
    }
    guard let gradients = row.gradients else { return loss }
    for c in 0..<z.count {
      let logarithm = min(Double(z.base[c]) - logSum, 0)
      let p = exp(logarithm)
      // p · dL/dp of a probability that vanishes is −α.
      let own = p == 0 ? -alpha : p * term(p, -expm1(logarithm), logarithm).slope
      gradients.base[c] = row.scale * Float(target(c) * own - p * passed)
    }
    return loss
  }

  private func lossOfProbabilities(_ row: CrossEntropy.Row, _ target: (Int) -> Double) -> Double {
    let p = row.outputs
    let (low, high) = (Double(CrossEntropy.epsilon), Double(1 - CrossEntropy.epsilon))
    var sum = 0.0
    for c in 0..<p.count { sum += Double(p.base[c]) }
    var (loss, passed) = (0.0, 0.0)
    for c in 0..<p.count {
      let q = Double(p.base[c]) / sum
      let clipped = min(max(q, low), high)
      let term = term(clipped, 1 - clipped, log(clipped))
      loss += target(c) == 0 ? 0 : target(c) * term.value
      if q == clipped { passed += target(c) * term.slope * q }
    }
    guard let gradients = row.gradients else { return loss }
    for c in 0..<p.count {
      let q = Double(p.base[c]) / sum
      let own = q >= low && q <= high ? target(c) * term(q, 1 - q, log(q)).slope : 0
      gradients.base[c] = row.scale * Float((own - passed) / sum)
    }
    return loss
  }
}

extension Loss where Self == CategoricalFocalCrossEntropy {
  /// −0.25 · Σ (1 − p)² · y · log p, for one-hot targets.
  public static var categoricalFocalCrossEntropy: CategoricalFocalCrossEntropy {
    CategoricalFocalCrossEntropy()
  }

  /// −α · Σ (1 − p)^γ · y · log p, for one-hot targets.
  public static func categoricalFocalCrossEntropy(
    alpha: Double = 0.25, gamma: Double = 2, labelSmoothing: Double = 0, fromLogits: Bool = false
  ) -> CategoricalFocalCrossEntropy {
    CategoricalFocalCrossEntropy(
      alpha: alpha, gamma: gamma, labelSmoothing: labelSmoothing, fromLogits: fromLogits)
  }
}
