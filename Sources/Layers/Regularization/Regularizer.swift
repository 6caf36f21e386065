public import PinionTensor

/// A penalty on the elements of a trainable parameter, or on the outputs of a layer, added to the
/// total loss.
///
/// Built-in regularizers are static members (`kernelRegularizer: .l2(0.001)`, `activityRegularizer:
/// .l1(0.0001)`); custom ones conform to this protocol. The penalty is part of the `loss` that
/// training and evaluation report, and not of the losses of single outputs, as in Keras.
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

/// A penalty on vectors that are not orthogonal: the factor times the mean of |cos| of the angles
/// between two of the rows of a matrix, or of its columns.
///
/// A kernel of several axes is a matrix with as many columns as its last axis is long: the columns
/// are its filters. As Keras 3's `OrthogonalRegularizer`, which takes matrices alone.
public struct OrthogonalRegularizer: Regularizer {
  /// The vectors that are compared.
  public enum Mode: String, Sendable, Codable, CaseIterable {
    case rows, columns
  }

  /// The factor of the mean; 0 or more.
  public var factor: Double
  public var mode: Mode

  /// Default: 0.01, of the rows, as Keras 3.
  public init(factor: Double = 0.01, mode: Mode = .rows) {
    self.factor = factor
    self.mode = mode
  }

  /// The factor must be finite and not negative.
  public func validate() throws {
    try LayerError.require(
      factor >= 0 && factor.isFinite,
      "the factor of an orthogonal regularizer must be finite and not negative",
      received: "\(factor)")
  }

  public func penalty(of values: MemoryView<Float>, shape: Shape) -> Double {
    let vectors = Vectors(values, shape, mode)
    var sum = 0.0
    vectors.forEachPair { i, j in sum += abs(vectors.cosine(i, j).value) }
    return sum * weight(vectors)
  }

  /// The slope of |cos| between w and v is ±(v/|v| − cos·w/|w|)/|w| with respect to w; 0 for a
  /// vector of zeros.
  public func addGradient(
    of values: MemoryView<Float>, shape: Shape, to gradient: MemoryView<Float>
  ) {
    let vectors = Vectors(values, shape, mode)
    let weight = weight(vectors)
    vectors.forEachPair { i, j in
      let (cosine, first, second) = vectors.cosine(i, j)
      guard first > 0, second > 0, cosine != 0 else { return }
      let factor = cosine > 0 ? weight : -weight
      let common = Float(factor / (first * second))
      let (own, other) = (
        Float(factor * cosine / (first * first)), Float(factor * cosine / (second * second))
      )
      for k in 0..<vectors.length {
        let (a, b) = (vectors.place(i, k), vectors.place(j, k))
        let (w, v) = (values.base[a], values.base[b])
        gradient.base[a] += common * v - own * w
        gradient.base[b] += common * w - other * v
      }
    }
  }

  /// factor / the number of pairs; 0 of a single vector.
  private func weight(_ vectors: Vectors) -> Double {
    vectors.count > 1 ? factor / Double(vectors.count * (vectors.count - 1) / 2) : 0
  }

  /// The rows or columns of a matrix.
  private struct Vectors {
    let values: UnsafePointer<Float>
    let count, length: Int
    private let step, stride: Int

    init(_ view: MemoryView<Float>, _ shape: Shape, _ mode: Mode) {
      let columns = shape.last ?? 1
      let rows = view.count / max(1, columns)
      values = UnsafePointer(view.base)
      (count, length) = mode == .rows ? (rows, columns) : (columns, rows)
      (step, stride) = mode == .rows ? (columns, 1) : (1, columns)
    }

    func place(_ vector: Int, _ k: Int) -> Int { vector * step + k * stride }

    func forEachPair(_ body: (Int, Int) -> Void) {
      for i in 0..<count { for j in i + 1..<max(i + 1, count) { body(i, j) } }
    }

    /// The cosine of two vectors' angle, 0 if either is zero, and their lengths.
    func cosine(_ i: Int, _ j: Int) -> (value: Double, first: Double, second: Double) {
      var (dot, first, second) = (0.0, 0.0, 0.0)
      for k in 0..<length {
        let (w, v) = (Double(values[place(i, k)]), Double(values[place(j, k)]))
        dot += w * v
        first += w * w
        second += v * v
      }
      let (a, b) = (first.squareRoot(), second.squareRoot())
      return (a > 0 && b > 0 ? dot / (a * b) : 0, a, b)
    }
  }
}

extension Regularizer where Self == OrthogonalRegularizer {
  /// factor · the mean of |cos| between rows or columns.
  public static func orthogonal(
    _ factor: Double = 0.01, mode: OrthogonalRegularizer.Mode = .rows
  ) -> OrthogonalRegularizer {
    OrthogonalRegularizer(factor: factor, mode: mode)
  }
}

extension Regularizer where Self == L1L2 {
  /// l1 · Σ|w|.
  public static func l1(_ factor: Double = 0.01) -> L1L2 { L1L2(l1: factor) }

  /// l2 · Σw². With SGD, `.l2(d / 2)` equals a weight decay of d.
  public static func l2(_ factor: Double = 0.01) -> L1L2 { L1L2(l2: factor) }

  /// l1 · Σ|w| + l2 · Σw².
  public static func l1l2(l1: Double = 0.01, l2: Double = 0.01) -> L1L2 { L1L2(l1: l1, l2: l2) }
}
