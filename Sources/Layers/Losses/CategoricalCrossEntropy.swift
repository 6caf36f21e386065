internal import Glibc
public import PinionTensor

/// −Σ yᵢ·log pᵢ along the last axis, for targets y that are one-hot or any distribution; the mean over the other axes of an image.
///
/// After a softmax it is computed from the logits z: log Σ exp(z) − Σ yᵢ·zᵢ, with the gradient p − y. Other probabilities, those of a
/// sigmoid too, are divided by their sum, then cut to [10⁻⁷, 1 − 10⁻⁷]. That is what Keras 3 computes of probabilities as numbers; on
/// TensorFlow, of a network that ends with a sigmoid, it takes the sigmoid's argument for logits, and has another loss. Label
/// smoothing ε replaces y by y·(1 − ε) + ε/classes.
///
/// - Outputs and targets: (N, …, C).
public struct CategoricalCrossEntropy: Loss {
  /// ε. Default: 0.
  public var labelSmoothing: Double
  /// Whether the network's outputs are logits. Default: no, probabilities.
  public var fromLogits: Bool

  /// The cross-entropy of targets that are distributions.
  public init(labelSmoothing: Double = 0, fromLogits: Bool = false) {
    self.labelSmoothing = labelSmoothing
    self.fromLogits = fromLogits
  }

  /// Those of a softmax, unless the outputs are logits already.
  public var logitsLink: LogitsLink? { fromLogits ? nil : .softmax }

  /// As ``fromLogits`` says.
  public var takesLogits: Bool { fromLogits }

  /// Always.
  public var comparesClasses: Bool { true }

  /// Outputs and targets must have the same shape, of two classes at least.
  public func validate(output: Shape, target: Shape) throws {
    try CrossEntropy.validateClasses(of: output)
    try Self.requireFlat(output, unlike: target, if: target == [output[output.rank - 1]])
    try LayerError.require(
      output == target && output.rank > 0,
      "categorical cross-entropy needs targets of the output's shape \(output), such as one-hot vectors (for class numbers use sparse categorical cross-entropy)",
      received: "targets of shape \(target)")
    try LayerError.require(
      (0..<1).contains(labelSmoothing), "label smoothing must be in 0..<1",
      received: "\(labelSmoothing)")
  }

  /// Writes losses and gradients.
  public func evaluate(_ context: LossContext) {
    let rows = context.outputs.count / max(1, context.imageCount * context.classes)
    for image in 0..<context.imageCount {
      var sum = 0.0
      for row in image * rows..<(image + 1) * rows {
        sum += evaluate(context, row: row, scale: context.gradientScale / Float(rows))
      }
      context.losses[image] = Float(sum / Double(rows))
    }
  }

  private func evaluate(_ context: LossContext, row: Int, scale: Float) -> Double {
    let classes = context.classes
    let range = row * classes..<(row + 1) * classes
    let (outputs, targets) = (context.outputs[range], context.targets[range])
    let gradients = context.gradients?[range]
    let (keep, add) = (Float(1 - labelSmoothing), Float(labelSmoothing) / Float(classes))
    let target = { (c: Int) in targets.base[c] * keep + add }
    if context.areLogits || fromLogits {
      let (largest, sum) = CrossEntropy.exponentials(outputs)
      let logSum = Double(largest) + log(Double(sum))
      var loss = 0.0
      var weight: Float = 0
      for c in 0..<classes {
        let y = target(c)
        if y != 0 { loss += Double(y) * (logSum - Double(outputs.base[c])) }
        weight += y
      }
      if let gradients {
        for c in 0..<classes {
          let p = expf(outputs.base[c] - largest) / sum
          gradients.base[c] = scale * (p * weight - target(c))
        }
      }
      return loss
    }
    return CrossEntropy.fromProbabilities(
      outputs, target: target, gradients: gradients, scale: scale)
  }
}

extension Loss where Self == CategoricalCrossEntropy {
  /// −Σ y·log p for one-hot targets.
  public static var categoricalCrossEntropy: CategoricalCrossEntropy { CategoricalCrossEntropy() }

  /// −Σ y·log p for one-hot targets.
  public static func categoricalCrossEntropy(
    labelSmoothing: Double = 0, fromLogits: Bool = false
  ) -> CategoricalCrossEntropy {
    CategoricalCrossEntropy(labelSmoothing: labelSmoothing, fromLogits: fromLogits)
  }
}
