internal import Glibc
public import PinionTensor

/// The mean of (ŷ − y)² over the elements of a sample, as in Keras 3.
///
/// Outputs and targets: (N, …) of the same shape.
public struct MeanSquaredError: Loss {
  public init() {}

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the mean squared error")
  }

  public func evaluate(_ context: LossContext) {
    Elementwise.evaluate(context) { (($0 - $1) * ($0 - $1), 2 * ($0 - $1)) }
  }
}

/// The mean of |ŷ − y| over the elements of a sample, as in Keras 3.
///
/// The gradient at ŷ = y is 0. Outputs and targets: (N, …) of the same shape.
public struct MeanAbsoluteError: Loss {
  public init() {}

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the mean absolute error")
  }

  public func evaluate(_ context: LossContext) {
    Elementwise.evaluate(context) { (abs($0 - $1), Elementwise.sign($0 - $1)) }
  }
}

/// The mean of 100 · |ŷ − y| / max(|y|, 10⁻⁷) over the elements of a sample, in percent, as in
/// Keras 3.
///
/// Targets near 0 give very large losses. Outputs and targets: (N, …) of the same shape.
public struct MeanAbsolutePercentageError: Loss {
  public init() {}

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the mean absolute percentage error")
  }

  public func evaluate(_ context: LossContext) {
    let epsilon = Double(CrossEntropy.epsilon)
    Elementwise.evaluate(context) { output, target in
      let factor = 100 / max(abs(target), epsilon)
      return (factor * abs(output - target), factor * Elementwise.sign(output - target))
    }
  }
}

/// The mean of (log(1 + ŷ) − log(1 + y))² over the elements of a sample, with ŷ and y clipped to at
/// least 10⁻⁷, as in Keras 3.
///
/// The gradient through a clipped value is 0. Outputs and targets: (N, …) of the same shape.
public struct MeanSquaredLogarithmicError: Loss {
  public init() {}

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the mean squared logarithmic error")
  }

  public func evaluate(_ context: LossContext) {
    let epsilon = Double(CrossEntropy.epsilon)
    Elementwise.evaluate(context) { output, target in
      let raised = max(output, epsilon)
      let difference = log1p(raised) - log1p(max(target, epsilon))
      return (difference * difference, output >= epsilon ? 2 * difference / (1 + raised) : 0)
    }
  }
}

/// The mean over the elements of a sample of ½d² where |d| ≤ δ and δ·|d| − ½δ² elsewhere, d = ŷ −
/// y, as in Keras 3.
///
/// Outputs and targets: (N, …) of the same shape.
public struct Huber: Loss {
  /// δ, the |d| at which the loss changes from quadratic to linear; positive.
  public var delta: Double

  /// Default: δ = 1, as Keras 3.
  public init(delta: Double = 1) { self.delta = delta }

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the Huber loss")
    try LayerError.require(
      delta > 0 && delta.isFinite, "the delta of a Huber loss must be positive and finite",
      received: "\(delta)")
  }

  public func evaluate(_ context: LossContext) {
    let delta = delta
    Elementwise.evaluate(context) { output, target in
      let difference = output - target
      return abs(difference) <= delta
        ? (0.5 * difference * difference, difference)
        : (delta * abs(difference) - 0.5 * delta * delta, delta * Elementwise.sign(difference))
    }
  }
}

/// The mean of log cosh(ŷ − y) over the elements of a sample, as in Keras 3.
///
/// Computed as |d| + log(1 + exp(−2|d|)) − log 2, which does not overflow. Outputs and targets:
/// (N, …) of the same shape.
public struct LogCosh: Loss {
  public init() {}

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the logarithm of the hyperbolic cosine")
  }

  public func evaluate(_ context: LossContext) {
    let log2 = log(2.0)
    Elementwise.evaluate(context) { output, target in
      let difference = output - target
      // Where the terms cancel, d²/2 − d⁴/12 is exact to single precision.
      let square = difference * difference
      let value =
        square < 1e-4
        ? square * (0.5 - square / 12)
        : abs(difference) + log1p(exp(-2 * abs(difference))) - log2
      return (value, tanh(difference))
    }
  }
}

/// The mean of ŷ − y · log(ŷ + 10⁻⁷) over the elements of a sample, for counts y that are Poisson
/// distributed with the mean ŷ, as in Keras 3.
///
/// End the network with an activation that is positive; a negative output gives NaN. Outputs and
/// targets: (N, …) of the same shape.
public struct Poisson: Loss {
  public init() {}

  public func validate(output: Shape, target: Shape) throws {
    try Self.requireEqualShapes(output, target, for: "the Poisson loss")
  }

  public func evaluate(_ context: LossContext) {
    let epsilon = Double(CrossEntropy.epsilon)
    Elementwise.evaluate(context) { output, target in
      (output - target * log(output + epsilon), 1 - target / (output + epsilon))
    }
  }
}

extension Loss where Self == MeanSquaredError {
  /// The mean of squared differences.
  public static var meanSquaredError: MeanSquaredError { MeanSquaredError() }
}

extension Loss where Self == MeanAbsoluteError {
  /// The mean of absolute differences.
  public static var meanAbsoluteError: MeanAbsoluteError { MeanAbsoluteError() }
}

extension Loss where Self == MeanAbsolutePercentageError {
  /// The mean of absolute differences in percent of the targets.
  public static var meanAbsolutePercentageError: MeanAbsolutePercentageError {
    MeanAbsolutePercentageError()
  }
}

extension Loss where Self == MeanSquaredLogarithmicError {
  /// The mean of squared differences of log(1 + y).
  public static var meanSquaredLogarithmicError: MeanSquaredLogarithmicError {
    MeanSquaredLogarithmicError()
  }
}

extension Loss where Self == Huber {
  /// Quadratic for |d| ≤ δ = 1, linear beyond.
  public static var huber: Huber { Huber() }

  /// Quadratic for |d| ≤ `delta`, linear beyond.
  public static func huber(delta: Double) -> Huber { Huber(delta: delta) }
}

extension Loss where Self == LogCosh {
  /// The mean of log cosh(ŷ − y).
  public static var logCosh: LogCosh { LogCosh() }
}

extension Loss where Self == Poisson {
  /// The mean of ŷ − y · log ŷ, for counts.
  public static var poisson: Poisson { Poisson() }
}
