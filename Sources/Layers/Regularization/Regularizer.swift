public import PinionTensor

/// A penalty on the numbers of a trainable parameter, added to the total loss.
///
/// Ours are reached as static members (`kernelRegularizer: .l2(0.001)`); yours conform to the
/// protocol. The penalty is part of the `loss` that training and evaluation report, and not of the
/// losses of single outputs, as in Keras.
public protocol Regularizer: Configurable {
  /// Throws ``LayerError`` if a hyperparameter is invalid. Default: does not throw.
  func validate() throws

  /// The penalty of a parameter of the given shape, row-major. The order of its sum must depend on
  /// the shape alone.
  func penalty(of values: MemoryView<Float>, shape: Shape) -> Double

  /// Adds the penalty's derivatives to the parameter's gradient. Must not allocate.
  func addGradient(
    of values: MemoryView<Float>, shape: Shape, to gradient: MemoryView<Float>)
}

extension Regularizer {
  public func validate() throws {}
}

/// l1 · Σ|w| + l2 · Σw². As Keras 3's `L1`, `L2` and `L1L2`.
public struct L1L2: Regularizer {
  /// The factor of Σ|w|; 0 or more.
  public var l1: Double
  /// The factor of Σw²; 0 or more.
  public var l2: Double

  public init(l1: Double = 0, l2: Double = 0) {
    self.l1 = l1
    self.l2 = l2
  }

  /// Both factors must be finite and not negative.
  public func validate() throws {
    for (name, value) in [("l1", l1), ("l2", l2)] {
      try LayerError.require(
        value >= 0 && value.isFinite, "a regularizer's \(name) must be finite and not negative",
        received: "\(value)")
    }
  }

  /// l1 · Σ|w| + l2 · Σw², in double precision.
  public func penalty(of values: MemoryView<Float>, shape: Shape) -> Double {
    let w = values.base
    // Four sums each, so that additions overlap.
    var (sizes, squares) = (SIMD4<Double>(), SIMD4<Double>())
    let whole = values.count / 4 * 4
    for i in stride(from: 0, to: whole, by: 4) {
      let x = SIMD4(Double(w[i]), Double(w[i + 1]), Double(w[i + 2]), Double(w[i + 3]))
      sizes += SIMD4(x.x.magnitude, x.y.magnitude, x.z.magnitude, x.w.magnitude)
      squares += x * x
    }
    for i in whole..<values.count {
      let x = Double(w[i])
      sizes.x += x.magnitude
      squares.x += x * x
    }
    func sum(_ lanes: SIMD4<Double>) -> Double { (lanes.x + lanes.y) + (lanes.z + lanes.w) }
    return (l1 == 0 ? 0 : l1 * sum(sizes)) + (l2 == 0 ? 0 : l2 * sum(squares))
  }

  /// g ← g + l1 · sign(w) + 2 · l2 · w, with sign(0) = 0.
  public func addGradient(
    of values: MemoryView<Float>, shape: Shape, to gradient: MemoryView<Float>
  ) {
    let (w, g) = (values.base, gradient.base)
    let (first, second) = (Float(l1), Float(2 * l2))
    if first != 0 {
      for i in 0..<values.count { g[i] += w[i] > 0 ? first : w[i] < 0 ? -first : 0 }
    }
    if second != 0 {
      for i in 0..<values.count { g[i] += second * w[i] }
    }
  }
}

extension Regularizer where Self == L1L2 {
  /// l1 · Σ|w|.
  public static func l1(_ factor: Double = 0.01) -> L1L2 { L1L2(l1: factor) }

  /// l2 · Σw². The decay of SGD's weights by a factor d is `.l2(d / 2)`.
  public static func l2(_ factor: Double = 0.01) -> L1L2 { L1L2(l2: factor) }

  /// l1 · Σ|w| + l2 · Σw².
  public static func l1l2(l1: Double = 0.01, l2: Double = 0.01) -> L1L2 { L1L2(l1: l1, l2: l2) }
}
