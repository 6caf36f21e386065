public import PinionTensor

/// A projection of a trainable parameter after each update.
///
/// Built-in constraints are static members (`kernelConstraint: .maxNorm(3)`); custom ones conform
/// to this protocol.
public protocol Constraint: Configurable {
  /// Throws ``LayerError`` if a hyperparameter is invalid for a parameter of the shape. Default:
  /// does not throw.
  func validate(for shape: Shape) throws

  /// Projects the elements of a parameter of the given shape, row-major. Must not allocate.
  func apply(to values: MemoryView<Float>, shape: Shape)
}

extension Constraint {
  public func validate(for shape: Shape) throws {}
}

/// w ← max(w, 0). As Keras 3's `NonNeg`.
public struct NonNegative: Constraint {
  public init() {}

  public func apply(to values: MemoryView<Float>, shape: Shape) {
    let w = values.base
    // Keeps NaN.
    for i in 0..<values.count { w[i] = w[i] < 0 ? 0 : w[i] }
  }
}

/// w ← w · d / (ε + n), with the L2 norm n over the leading axes, d = rate · min(max(n, minimum),
/// maximum) + (1 − rate) · n and ε = 1e-7.
///
/// The norms are those of the weights of one output: over all axes but the last, as Keras 3's
/// `MinMaxNorm`, `MaxNorm` and `UnitNorm` compute them for dense kernels (axis 0) and, with axes
/// [0, 1, 2], for those of convolutions.
public struct NormConstraint: Constraint {
  /// 0 or more.
  public var minimum: Double
  /// At least ``minimum``; infinity for no bound.
  public var maximum: Double
  /// In 0…1.
  public var rate: Double

  public init(minimum: Double = 0, maximum: Double = 1, rate: Double = 1) {
    self.minimum = minimum
    self.maximum = maximum
    self.rate = rate
  }

  /// Bounds must be in order, and the rate in 0…1.
  public func validate(for shape: Shape) throws {
    try LayerError.require(
      minimum >= 0 && minimum.isFinite && maximum >= minimum && maximum > 0,
      "a norm constraint's bounds must be in order and not negative",
      received: "\(minimum) and \(maximum)")
    try LayerError.require(
      rate >= 0 && rate <= 1, "a norm constraint's rate must be in 0...1", received: "\(rate)")
  }

  public func apply(to values: MemoryView<Float>, shape: Shape) {
    let width = shape.last ?? 1
    guard width > 0 else { return }
    let rows = values.count / width
    let block = 8
    // Eight columns at a time, so that no memory is needed for the norms.
    for column in stride(from: 0, to: width, by: block) {
      let count = min(block, width - column)
      var norms = SIMD8<Double>()
      for row in 0..<rows {
        let w = values.base + row * width + column
        for i in 0..<count {
          let x = Double(w[i])
          norms[i] += x * x
        }
      }
      norms = norms.squareRoot()
      var factors = SIMD8<Float>()
      for i in 0..<count {
        let bounded = min(max(norms[i], minimum), maximum)
        let desired = rate * bounded + (1 - rate) * norms[i]
        factors[i] = Float(desired / (1e-7 + norms[i]))
      }
      for row in 0..<rows {
        let w = values.base + row * width + column
        for i in 0..<count { w[i] *= factors[i] }
      }
    }
  }
}

extension Constraint where Self == NonNegative {
  /// w ← max(w, 0).
  public static var nonNegative: NonNegative { NonNegative() }
}

extension Constraint where Self == NormConstraint {
  /// Norms of at most `maximum`.
  public static func maxNorm(_ maximum: Double = 2) -> NormConstraint {
    NormConstraint(maximum: maximum)
  }

  /// Norms of 1.
  public static var unitNorm: NormConstraint { NormConstraint(minimum: 1, maximum: 1) }

  /// Norms moved towards the range by a rate.
  public static func minMaxNorm(
    minimum: Double = 0, maximum: Double = 1, rate: Double = 1
  ) -> NormConstraint {
    NormConstraint(minimum: minimum, maximum: maximum, rate: rate)
  }
}
