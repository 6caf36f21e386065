internal import Glibc
public import PinionTensor

/// −[y · log p + (1 − y) · log(1 − p)], the mean over the elements of a sample: each output is an
/// independent binary prediction with a target in 0…1.
///
/// After a sigmoid it is computed from the logits z: max(z, 0) − z·y + log(1 + exp(−|z|)), with the
/// gradient p − y, as Keras 3 on TensorFlow. Other probabilities are clipped to [10⁻⁷, 1 − 10⁻⁷];
/// the gradient through a clipped one is 0. Label smoothing ε replaces y by y · (1 − ε) + ε / 2. A
/// target outside 0…1 gives NaN.
///
/// Outputs and targets: (N, …) of the same shape.
public struct BinaryCrossEntropy: Loss {
  /// ε, in 0..<1.
  public var labelSmoothing: Double
  /// Whether the network's outputs are logits instead of probabilities.
  public var fromLogits: Bool

  public init(labelSmoothing: Double = 0, fromLogits: Bool = false) {
    self.labelSmoothing = labelSmoothing
    self.fromLogits = fromLogits
  }

  public var logitsLink: LogitsLink? { fromLogits ? nil : .sigmoid }
  public var takesLogits: Bool { fromLogits }
  public var isBinary: Bool { true }
  public var targetRange: ClosedRange<Float>? { 0...1 }

  public func validate(output: Shape, target: Shape) throws {
    try BinaryProbability.validate(
      Self.self, output, target, labelSmoothing, for: "the binary cross-entropy")
  }

  public func evaluate(_ context: LossContext) {
    let (keep, add) = (1 - labelSmoothing, labelSmoothing / 2)
    if context.areLogits || fromLogits {
      Elementwise.evaluate(context) { logit, target in
        let p = BinaryProbability(logit: logit)
        let y = BinaryProbability.checked(target) * keep + add
        return (p.crossEntropy(y), p.positive - y)
      }
    } else {
      Elementwise.evaluate(context) { probability, target in
        let p = BinaryProbability(clipping: probability)
        let y = BinaryProbability.checked(target) * keep + add
        return (p.crossEntropy(y), p.crossEntropySlope(y))
      }
    }
  }
}

/// w · (1 − pₜ)^γ · BCE with pₜ = y·p + (1 − y)·(1 − p), the mean over the elements of a sample:
/// the binary cross-entropy with smaller weights for well-classified elements (Lin et al. 2017), as
/// in Keras 3.
///
/// w = y·α + (1 − y)·(1 − α) with class balancing, else 1. Logits, clipping, label smoothing and
/// the range of targets are as for ``BinaryCrossEntropy``.
///
/// Outputs and targets: (N, …) of the same shape.
public struct BinaryFocalCrossEntropy: Loss {
  /// Whether the positive class has the weight α and the negative class 1 − α.
  public var applyClassBalancing: Bool
  /// α, in 0…1.
  public var alpha: Double
  /// γ, 0 or more.
  public var gamma: Double
  /// ε, in 0..<1.
  public var labelSmoothing: Double
  /// Whether the network's outputs are logits instead of probabilities.
  public var fromLogits: Bool

  /// Defaults as Keras 3: no class balancing, α = 0.25, γ = 2.
  public init(
    applyClassBalancing: Bool = false, alpha: Double = 0.25, gamma: Double = 2,
    labelSmoothing: Double = 0, fromLogits: Bool = false
  ) {
    self.applyClassBalancing = applyClassBalancing
    self.alpha = alpha
    self.gamma = gamma
    self.labelSmoothing = labelSmoothing
    self.fromLogits = fromLogits
  }

  public var logitsLink: LogitsLink? { fromLogits ? nil : .sigmoid }
  public var takesLogits: Bool { fromLogits }
  public var isBinary: Bool { true }
  public var targetRange: ClosedRange<Float>? { 0...1 }

  public func validate(output: Shape, target: Shape) throws {
    try BinaryProbability.validate(
      Self.self, output, target, labelSmoothing, for: "the binary focal cross-entropy")
    try LayerError.require(
      (0...1).contains(alpha), "alpha of a focal cross-entropy must be in 0...1",
      received: "\(alpha)")
    try LayerError.requireFocal(gamma: gamma)
  }

  public func evaluate(_ context: LossContext) {
    let (keep, add) = (1 - labelSmoothing, labelSmoothing / 2)
    let (isBalanced, alpha, gamma) = (applyClassBalancing, alpha, gamma)
    let areLogits = context.areLogits || fromLogits
    Elementwise.evaluate(context) { output, target in
      let y = BinaryProbability.checked(target) * keep + add
      let clipped =
        areLogits ? BinaryProbability(logit: output) : BinaryProbability(clipping: output)
      // Keras clips in the logarithms alone.
      let p =
        areLogits
        ? clipped : BinaryProbability(positive: output, negative: 1 - output, isInside: true)
      let miss = y * p.negative + (1 - y) * p.positive
      let weight = isBalanced ? y * alpha + (1 - y) * (1 - alpha) : 1
      let loss = clipped.crossEntropy(y)
      // With respect to the logit, p·(1 − p) more than with respect to p.
      let slope = areLogits ? p.positive - y : clipped.crossEntropySlope(y)
      let inner = areLogits ? p.positive * p.negative : 1
      let factor = gamma == 0 ? 1 : pow(miss, gamma)
      let change =
        gamma == 0 || miss == 0 ? 0 : gamma * pow(miss, gamma - 1) * (1 - 2 * y) * inner
      return (weight * factor * loss, weight * (factor * slope + change * loss))
    }
  }
}

/// A probability p and 1 − p, each to full precision.
struct BinaryProbability {
  let positive, negative: Double
  /// Whether p was not clipped.
  let isInside: Bool
  /// log p and log(1 − p) of a logit; nil to compute them.
  private var logarithms: SIMD2<Double>?

  @inline(__always)
  init(positive: Double, negative: Double, isInside: Bool) {
    (self.positive, self.negative, self.isInside) = (positive, negative, isInside)
  }

  /// p = 1 / (1 + exp(−z)).
  @inline(__always)
  init(logit z: Double) {
    let small = exp(-abs(z))
    let (near, far) = (1 / (1 + small), small / (1 + small))
    self.init(positive: z >= 0 ? near : far, negative: z >= 0 ? far : near, isInside: true)
    let logarithm = log1p(small)
    logarithms = SIMD2(min(z, 0) - logarithm, -max(z, 0) - logarithm)
  }

  /// p clipped to [10⁻⁷, 1 − 10⁻⁷], in single precision as Keras's.
  @inline(__always)
  init(clipping p: Double) {
    let (low, high) = (Double(CrossEntropy.epsilon), Double(1 - CrossEntropy.epsilon))
    let clipped = min(max(p, low), high)
    self.init(positive: clipped, negative: 1 - clipped, isInside: p == clipped)
  }

  /// −[y · log p + (1 − y) · log(1 − p)].
  @inline(__always)
  func crossEntropy(_ y: Double) -> Double {
    let logarithms = logarithms ?? SIMD2(log(positive), log(negative))
    return -(y * logarithms.x + (1 - y) * logarithms.y)
  }

  /// The derivative with respect to p, 0 where p was clipped.
  @inline(__always)
  func crossEntropySlope(_ y: Double) -> Double { isInside ? (1 - y) / negative - y / positive : 0 }

  /// NaN for a target outside 0…1.
  @inline(__always)
  static func checked(_ target: Double) -> Double { target >= 0 && target <= 1 ? target : .nan }

  static func validate<Kind: Loss>(
    _ kind: Kind.Type, _ output: Shape, _ target: Shape, _ labelSmoothing: Double, for name: String
  ) throws {
    try LayerError.require(
      output == target || output.elementCount < 2 || !(target == [1] || target == []),
      "\(name) needs a binary target for each of the outputs \(output) (for one class of several use "
        + "sparse categorical cross-entropy)",
      received: "targets of shape \(target)")
    try kind.requireEqualShapes(output, target, for: name)
    try CrossEntropy.validate(labelSmoothing: labelSmoothing)
  }
}

extension LayerError {
  static func requireFocal(gamma: Double) throws {
    try require(
      gamma >= 0 && gamma.isFinite, "gamma of a focal cross-entropy must be 0 or more",
      received: "\(gamma)")
  }
}

extension Loss where Self == BinaryCrossEntropy {
  /// −[y · log p + (1 − y) · log(1 − p)], for targets in 0…1.
  public static var binaryCrossEntropy: BinaryCrossEntropy { BinaryCrossEntropy() }

  /// −[y · log p + (1 − y) · log(1 − p)], for targets in 0…1.
  public static func binaryCrossEntropy(
    labelSmoothing: Double = 0, fromLogits: Bool = false
  ) -> BinaryCrossEntropy {
    BinaryCrossEntropy(labelSmoothing: labelSmoothing, fromLogits: fromLogits)
  }
}

extension Loss where Self == BinaryFocalCrossEntropy {
  /// The binary cross-entropy times (1 − pₜ)².
  public static var binaryFocalCrossEntropy: BinaryFocalCrossEntropy { BinaryFocalCrossEntropy() }

  /// The binary cross-entropy times w · (1 − pₜ)^γ.
  public static func binaryFocalCrossEntropy(
    applyClassBalancing: Bool = false, alpha: Double = 0.25, gamma: Double = 2,
    labelSmoothing: Double = 0, fromLogits: Bool = false
  ) -> BinaryFocalCrossEntropy {
    BinaryFocalCrossEntropy(
      applyClassBalancing: applyClassBalancing, alpha: alpha, gamma: gamma,
      labelSmoothing: labelSmoothing, fromLogits: fromLogits)
  }
}
