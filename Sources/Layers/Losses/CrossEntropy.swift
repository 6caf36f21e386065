internal import Glibc
public import PinionTensor

/// −Σ yᵢ · log pᵢ along the last axis, for targets y that are one-hot or any distribution; the mean
/// over the other axes of a sample.
///
/// After a softmax it is computed from the logits z: log Σ exp(z) − Σ yᵢ · zᵢ, with the gradient
/// p − y. Other probabilities, those of a sigmoid too, are divided by their sum, then clipped to
/// [10⁻⁷, 1 − 10⁻⁷], as Keras 3 does with probabilities as numbers. (On TensorFlow, Keras takes the
/// argument of a last sigmoid for logits, which is another loss.) Label smoothing ε replaces y by
/// y · (1 − ε) + ε / classes.
///
/// Outputs and targets: (N, …, C).
public struct CategoricalCrossEntropy: Loss {
  /// ε, in 0..<1.
  public var labelSmoothing: Double
  /// Whether the network's outputs are logits instead of probabilities.
  public var fromLogits: Bool

  public init(labelSmoothing: Double = 0, fromLogits: Bool = false) {
    self.labelSmoothing = labelSmoothing
    self.fromLogits = fromLogits
  }

  public var logitsLink: LogitsLink? { fromLogits ? nil : .softmax }
  public var takesLogits: Bool { fromLogits }
  public var comparesClasses: Bool { true }

  public func validate(output: Shape, target: Shape) throws {
    try CrossEntropy.validateClasses(of: output)
    try Self.requireFlat(output, unlike: target, if: target == [output[output.rank - 1]])
    try LayerError.require(
      output == target && output.rank > 0,
      "categorical cross-entropy needs targets of the output's shape \(output), such as one-hot "
        + "vectors (for class numbers use sparse categorical cross-entropy)",
      received: "targets of shape \(target)")
    try CrossEntropy.validate(labelSmoothing: labelSmoothing)
  }

  public func evaluate(_ context: LossContext) {
    let (keep, add) = (
      Float(1 - labelSmoothing), Float(labelSmoothing) / Float(context.classes)
    )
    let areLogits = context.areLogits || fromLogits
    CrossEntropy.evaluate(context) { row in
      let targets = context.targets[row.range]
      let target = { (c: Int) in targets.base[c] * keep + add }
      return areLogits ? row.lossOfLogits(target) : row.lossOfNormalized(target)
    }
  }
}

/// −log p of the true class, for targets that are class indices 0…C − 1; the mean over the other
/// axes of a sample.
///
/// After a softmax it is computed from the logits z: log Σ exp(z) − z of the true class, with the
/// gradient p − 1 there and p elsewhere. Other probabilities, those of a sigmoid too, are clipped
/// to [10⁻⁷, 1 − 10⁻⁷], then divided by their sum, as Keras 3 on TensorFlow does with probabilities
/// as numbers. (Of a last sigmoid it takes the argument for logits, which is another loss.) Label
/// smoothing ε, which Keras has for one-hot targets alone, gives the true class 1 − ε + ε / C and
/// every other one ε / C. A target that is not a class index gives NaN.
///
/// Outputs: (N, …, C). Targets: (N, …) or (N, …, 1), indices as floats.
public struct SparseCategoricalCrossEntropy: Loss {
  /// ε, in 0..<1.
  public var labelSmoothing: Double
  /// Whether the network's outputs are logits instead of probabilities.
  public var fromLogits: Bool

  public init(labelSmoothing: Double = 0, fromLogits: Bool = false) {
    self.labelSmoothing = labelSmoothing
    self.fromLogits = fromLogits
  }

  /// Configurations of earlier versions have no label smoothing.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    labelSmoothing = try container.decodeIfPresent(Double.self, forKey: .labelSmoothing) ?? 0
    fromLogits = try container.decode(Bool.self, forKey: .fromLogits)
  }

  public var logitsLink: LogitsLink? { fromLogits ? nil : .softmax }
  public var takesLogits: Bool { fromLogits }
  public var comparesClasses: Bool { true }

  public func validate(output: Shape, target: Shape) throws {
    try CrossEntropy.validateClasses(of: output)
    try Self.requireFlat(output, unlike: target, if: target == [1] || target == [])
    let rows = Shape(Array(output.dropLast()))
    let single = Shape(rows.dimensions + [1])
    try LayerError.require(
      output.rank > 0 && (target == rows || target == single),
      "sparse categorical cross-entropy needs targets of shape \(single), class numbers, for "
        + "outputs of shape \(output) (for one-hot vectors use categorical cross-entropy)",
      received: "targets of shape \(target)")
    try CrossEntropy.validate(labelSmoothing: labelSmoothing)
  }

  public func evaluate(_ context: LossContext) {
    let (keep, add) = (
      Float(1 - labelSmoothing), Float(labelSmoothing) / Float(context.classes)
    )
    let areLogits = context.areLogits || fromLogits
    CrossEntropy.evaluate(context) { row in
      guard let label = Int(exactly: context.targets[row.index]),
        (0..<context.classes).contains(label)
      else {
        row.gradients?.fill(0)
        return .nan
      }
      // The same bits as with one-hot targets.
      let target = { (c: Int) in (c == label ? 1 : 0) * keep + add }
      return areLogits ? row.lossOfLogits(target) : row.lossOfClipped(target)
    }
  }
}

/// The shared functions of the cross-entropies.
enum CrossEntropy {
  /// The ε of clipping probabilities: Keras's `epsilon()`.
  static let epsilon: Float = 1e-7

  /// Throws ``LayerError`` unless the last axis of the outputs has at least two classes.
  static func validateClasses(of output: Shape) throws {
    try LayerError.require(
      output.last.map { $0 > 1 } ?? false,
      "a cross-entropy over classes needs at least two of them, also for binary labels: end the "
        + "network with Dense(2, activation: .softmax) (or with Dense(1, activation: .sigmoid) "
        + "under the binary cross-entropy)",
      received: "outputs of shape \(output)")
  }

  /// Throws ``LayerError`` unless 0 ≤ ε < 1.
  static func validate(labelSmoothing: Double) throws {
    try LayerError.require(
      (0..<1).contains(labelSmoothing), "label smoothing must be in 0..<1",
      received: "\(labelSmoothing)")
  }

  /// Writes the loss of each sample: the mean of `loss` over its rows of C outputs.
  static func evaluate(_ context: LossContext, _ loss: (Row) -> Double) {
    let classes = context.classes
    let rows = context.outputs.count / max(1, context.sampleCount * classes)
    for sample in 0..<context.sampleCount {
      var sum = 0.0
      for index in sample * rows..<(sample + 1) * rows {
        let range = index * classes..<(index + 1) * classes
        sum += loss(
          Row(
            index: index, range: range, outputs: context.outputs[range],
            gradients: context.gradients?[range], scale: context.gradientScale / Float(rows)))
      }
      context.losses[sample] = Float(sum / Double(rows))
    }
  }

  /// The C outputs of one position of a sample. Its functions return the loss and write the
  /// gradient.
  struct Row {
    /// The position among all rows, and the range in the outputs.
    let index: Int
    let range: Range<Int>
    let outputs: MemoryView<Float>
    let gradients: MemoryView<Float>?
    /// The factor of the gradient.
    let scale: Float

    /// Σ yᵢ · (log Σ exp(z) − zᵢ) with the gradient p · Σy − y, computed with the largest logit
    /// subtracted.
    func lossOfLogits(_ target: (Int) -> Float) -> Double {
      var largest = outputs[0]
      for c in 1..<max(1, outputs.count) where outputs.base[c] > largest {
        largest = outputs.base[c]
      }
      var sum: Float = 0
      for c in 0..<outputs.count {
        let power = expf(outputs.base[c] - largest)
        gradients?.base[c] = power
        sum += power
      }
      let logSum = Double(largest) + log(Double(sum))
      var loss = 0.0
      var weight: Float = 0
      for c in 0..<outputs.count {
        let y = target(c)
        if y != 0 { loss += Double(y) * (logSum - Double(outputs.base[c])) }
        weight += y
      }
      if let gradients {
        for c in 0..<outputs.count {
          let p = gradients.base[c] / sum
          gradients.base[c] = scale * (p * weight - target(c))
        }
      }
      return loss
    }

    /// −Σ yᵢ · log qᵢ with q = p / Σp clipped to [ε, 1 − ε]. The gradient through a clipped value
    /// is zero.
    func lossOfNormalized(_ target: (Int) -> Float) -> Double {
      let p = outputs
      var sum: Float = 0
      for c in 0..<p.count { sum += p.base[c] }
      var loss = 0.0
      var passed: Float = 0
      for c in 0..<p.count {
        let q = p.base[c] / sum
        let y = target(c)
        let clipped = min(max(q, epsilon), 1 - epsilon)
        if y != 0 { loss -= Double(y) * log(Double(clipped)) }
        if q == clipped { passed += y }
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

    /// Σ yᵢ · (log Σq − log qᵢ) with q = p clipped to [ε, 1 − ε]. The gradient through a clipped
    /// value is zero.
    func lossOfClipped(_ target: (Int) -> Float) -> Double {
      var (sum, weight): (Float, Float) = (0, 0)
      for c in 0..<outputs.count {
        sum += min(max(outputs.base[c], epsilon), 1 - epsilon)
        weight += target(c)
      }
      let logSum = log(Double(sum))
      var loss = 0.0
      for c in 0..<outputs.count {
        let p = outputs.base[c]
        let y = target(c)
        if y != 0 { loss += Double(y) * (logSum - log(Double(min(max(p, epsilon), 1 - epsilon)))) }
        let isInside = p >= epsilon && p <= 1 - epsilon
        gradients?.base[c] = isInside ? scale * (weight / sum - (y == 0 ? 0 : y / p)) : 0
      }
      return loss
    }
  }
}

extension Loss where Self == CategoricalCrossEntropy {
  /// −Σ y · log p, for one-hot targets.
  public static var categoricalCrossEntropy: CategoricalCrossEntropy { CategoricalCrossEntropy() }

  /// −Σ y · log p, for one-hot targets.
  public static func categoricalCrossEntropy(
    labelSmoothing: Double = 0, fromLogits: Bool = false
  ) -> CategoricalCrossEntropy {
    CategoricalCrossEntropy(labelSmoothing: labelSmoothing, fromLogits: fromLogits)
  }
}

extension Loss where Self == SparseCategoricalCrossEntropy {
  /// −log p of the true class, for targets that are class indices.
  public static var sparseCategoricalCrossEntropy: SparseCategoricalCrossEntropy {
    SparseCategoricalCrossEntropy()
  }

  /// −log p of the true class, for targets that are class indices.
  public static func sparseCategoricalCrossEntropy(
    labelSmoothing: Double = 0, fromLogits: Bool = false
  ) -> SparseCategoricalCrossEntropy {
    SparseCategoricalCrossEntropy(labelSmoothing: labelSmoothing, fromLogits: fromLogits)
  }
}
