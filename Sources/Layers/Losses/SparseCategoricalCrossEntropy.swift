internal import Glibc
public import PinionTensor

/// −log p of the true class, for targets that are class numbers 0…C − 1; the mean over the other axes of an image.
///
/// After a softmax it is computed from the logits z: log Σ exp(z) − z of the true class, with the gradient p − 1 there and p elsewhere. Other
/// probabilities, those of a sigmoid too, are cut to [10⁻⁷, 1 − 10⁻⁷], then divided by their sum. That is what Keras 3 on TensorFlow computes
/// of probabilities as numbers; of a network that ends with a sigmoid it takes the sigmoid's argument for logits, and has another
/// loss. A number that is no class gives the loss NaN.
///
/// - Outputs: (N, …, C). Targets: (N, …) or (N, …, 1), numbers as floats.
public struct SparseCategoricalCrossEntropy: Loss {
  /// Whether the network's outputs are logits. Default: no, probabilities.
  public var fromLogits: Bool

  /// The cross-entropy of targets that are class numbers.
  public init(fromLogits: Bool = false) { self.fromLogits = fromLogits }

  /// Those of a softmax, unless the outputs are logits already.
  public var logitsLink: LogitsLink? { fromLogits ? nil : .softmax }

  /// As ``fromLogits`` says.
  public var takesLogits: Bool { fromLogits }

  /// Always.
  public var comparesClasses: Bool { true }

  /// Targets must be one number for each row of the outputs, of two classes at least.
  public func validate(output: Shape, target: Shape) throws {
    try CrossEntropy.validateClasses(of: output)
    try Self.requireFlat(output, unlike: target, if: target == [1] || target == [])
    let rows = Shape(Array(output.dropLast()))
    let single = Shape(rows.dimensions + [1])
    try LayerError.require(
      output.rank > 0 && (target == rows || target == single),
      "sparse categorical cross-entropy needs targets of shape \(single), class numbers, for outputs of shape \(output) (for one-hot vectors use categorical cross-entropy)",
      received: "targets of shape \(target)")
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
    let outputs = context.outputs[row * classes..<(row + 1) * classes]
    let gradients = context.gradients?[row * classes..<(row + 1) * classes]
    guard let label = Int(exactly: context.targets[row]), (0..<classes).contains(label) else {
      gradients?.fill(0)
      return .nan
    }
    if context.areLogits || fromLogits {
      let (largest, sum) = CrossEntropy.exponentials(outputs)
      if let gradients {
        // Rounded as with one-hot vectors, so that both train alike in every bit.
        for c in 0..<classes {
          let p = expf(outputs.base[c] - largest) / sum
          gradients.base[c] = scale * (p - (c == label ? 1 : 0))
        }
      }
      return Double(largest) + log(Double(sum)) - Double(outputs[label])
    }
    let epsilon = CrossEntropy.epsilon
    var sum: Float = 0
    for c in 0..<classes { sum += min(max(outputs.base[c], epsilon), 1 - epsilon) }
    let cut = min(max(outputs[label], epsilon), 1 - epsilon)
    if let gradients {
      for c in 0..<classes {
        let p = outputs.base[c]
        let isInside = p >= epsilon && p <= 1 - epsilon
        gradients.base[c] = isInside ? scale * (1 / sum - (c == label ? 1 / p : 0)) : 0
      }
    }
    return log(Double(sum)) - log(Double(cut))
  }
}

extension Loss where Self == SparseCategoricalCrossEntropy {
  /// −log p of the true class, for targets that are class numbers.
  public static var sparseCategoricalCrossEntropy: SparseCategoricalCrossEntropy {
    SparseCategoricalCrossEntropy()
  }

  /// −log p of the true class, for targets that are class numbers.
  public static func sparseCategoricalCrossEntropy(
    fromLogits: Bool = false
  ) -> SparseCategoricalCrossEntropy {
    SparseCategoricalCrossEntropy(fromLogits: fromLogits)
  }
}
