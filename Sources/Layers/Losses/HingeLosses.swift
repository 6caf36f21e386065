public import PinionTensor

/// The mean of max(1 − y·ŷ, 0) over the elements of a sample, as in Keras 3.
///
/// Targets are −1 or 1; a 0 counts as −1, and a target outside −1…1 gives NaN. (Keras replaces
/// zeros only in batches that hold nothing but 0 and 1.) End the network without an activation or
/// with a tanh.
///
/// Outputs and targets: (N, …) of the same shape.
public struct Hinge: Loss {
  public init() {}

  public var targetRange: ClosedRange<Float>? { -1...1 }

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the hinge loss")
  }

  public func evaluate(_ context: LossContext) {
    Elementwise.evaluate(context) { output, target in
      let sign = Self.sign(target)
      let margin = 1 - sign * output
      return (max(margin, 0), margin >= 0 ? -sign : 0)
    }
  }

  /// The target, −1 for 0, NaN outside −1…1.
  @inline(__always)
  static func sign(_ target: Double) -> Double {
    target == 0 ? -1 : abs(target) <= 1 ? target : .nan
  }
}

/// The mean of max(1 − y·ŷ, 0)² over the elements of a sample, as in Keras 3.
///
/// Targets are as for ``Hinge``. Outputs and targets: (N, …) of the same shape.
public struct SquaredHinge: Loss {
  public init() {}

  public var targetRange: ClosedRange<Float>? { -1...1 }

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the squared hinge loss")
  }

  public func evaluate(_ context: LossContext) {
    Elementwise.evaluate(context) { output, target in
      let sign = Hinge.sign(target)
      let margin = max(1 - sign * output, 0)
      return (margin * margin, -2 * sign * margin)
    }
  }
}

/// max(1 + max (1 − yᵢ)·ŷᵢ − Σ yᵢ·ŷᵢ, 0) along the last axis, for targets y that are one-hot; the
/// mean over the other axes of a sample, as in Keras 3.
///
/// Outputs and targets: (N, …, C).
public struct CategoricalHinge: Loss {
  public init() {}

  public var comparesClasses: Bool { true }

  public func validate(output: Shape, target: Shape) throws {
    try CrossEntropy.validateClasses(of: output)
    try Self.requireEqualShapes(output, target, for: "the categorical hinge loss")
  }

  public func evaluate(_ context: LossContext) {
    CrossEntropy.evaluate(context) { row in
      let (outputs, targets) = (row.outputs.base, context.targets[row.range].base)
      let classes = row.outputs.count
      var own: Float = 0
      var other = -Float.infinity
      for c in 0..<classes {
        own += targets[c] * outputs[c]
        other = max((1 - targets[c]) * outputs[c], other)
      }
      let margin = 1 + Double(other) - Double(own)
      guard let gradients = row.gradients?.base else { return max(margin, 0) }
      // Keras divides the gradient of a maximum among equal values.
      var equal: Float = 0
      for c in 0..<classes where (1 - targets[c]) * outputs[c] == other { equal += 1 }
      for c in 0..<classes {
        let isLargest = (1 - targets[c]) * outputs[c] == other
        let slope = (isLargest ? (1 - targets[c]) / equal : 0) - targets[c]
        gradients[c] = margin >= 0 ? row.scale * slope : 0
      }
      return max(margin, 0)
    }
  }
}

extension Loss where Self == Hinge {
  /// The mean of max(1 − y·ŷ, 0), for targets −1 and 1.
  public static var hinge: Hinge { Hinge() }
}

extension Loss where Self == SquaredHinge {
  /// The mean of max(1 − y·ŷ, 0)², for targets −1 and 1.
  public static var squaredHinge: SquaredHinge { SquaredHinge() }
}

extension Loss where Self == CategoricalHinge {
  /// The margin between the true class and the best other one, for one-hot targets.
  public static var categoricalHinge: CategoricalHinge { CategoricalHinge() }
}
