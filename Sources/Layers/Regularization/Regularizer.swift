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
    vectors.forEachTile { tile in
      for i in tile.first {
        for j in tile.second where i < j { sum += abs(tile.cosine(i, j)) }
      }
    }
    return sum * weight(vectors)
  }

  /// The slope of |cos| between w and v is ±(v/|v| − cos·w/|w|)/|w| with respect to w; 0 for a
  /// vector of zeros.
  public func addGradient(
    of values: MemoryView<Float>, shape: Shape, to gradient: MemoryView<Float>
  ) {
    let vectors = Vectors(values, shape, mode)
    let weight = weight(vectors)
    vectors.forEachTile { tile in
      // Σ |cos| of the pairs of each vector.
      var sums = (first: SIMD16<Double>(), second: SIMD16<Double>())
      for i in tile.first {
        for j in tile.second {
          let (a, b) = (i - tile.first.lowerBound, j - tile.second.lowerBound)
          let cosine = i < j ? tile.cosine(i, j) : 0
          sums.first[a] += abs(cosine)
          sums.second[b] += abs(cosine)
          let factor = cosine > 0 ? weight : -weight
          tile.products[a * Vectors.side + b] =
            cosine == 0 ? 0 : Float(factor / (tile.lengths.first[a] * tile.lengths.second[b]))
        }
      }
      vectors.add(tile.products, .no, of: tile.second, to: tile.first, of: gradient)
      vectors.add(tile.products, .yes, of: tile.first, to: tile.second, of: gradient)
      // − Σ |cos| / |w|² times the vector itself, as a product with a diagonal matrix.
      tile.setDiagonal(-weight, sums.first, tile.lengths.first)
      vectors.add(tile.products, .no, of: tile.first, to: tile.first, of: gradient)
      tile.setDiagonal(-weight, sums.second, tile.lengths.second)
      vectors.add(tile.products, .no, of: tile.second, to: tile.second, of: gradient)
    }
  }

  /// factor / the number of pairs; 0 of a single vector.
  private func weight(_ vectors: Vectors) -> Double {
    vectors.count > 1 ? factor / Double(vectors.count * (vectors.count - 1) / 2) : 0
  }

  /// Pairs of some vectors with some others, or with each other.
  private struct Tile {
    let vectors: Vectors
    let first, second: Range<Int>
    let lengths: (first: SIMD16<Double>, second: SIMD16<Double>)
    /// The dot products, in rows of ``Vectors/side``.
    let products: UnsafeMutablePointer<Float>

    /// The cosine of two vectors' angle, 0 if either is zero.
    func cosine(_ i: Int, _ j: Int) -> Double {
      let (a, b) = (i - first.lowerBound, j - second.lowerBound)
      let scale = lengths.first[a] * lengths.second[b]
      // Where single precision holds the product.
      guard 1e-30...1e30 ~= scale else {
        return scale > 0 ? vectors.dot(i, j) / scale : 0
      }
      return Double(products[a * Vectors.side + b]) / scale
    }

    /// Replaces the products by a diagonal matrix of factor · sum / length², 0 where the sum is 0.
    func setDiagonal(_ factor: Double, _ sums: SIMD16<Double>, _ lengths: SIMD16<Double>) {
      products.update(repeating: 0, count: Vectors.side * Vectors.side)
      for a in 0..<Vectors.side where sums[a] > 0 {
        products[a * Vectors.side + a] = Float(factor * sums[a] / (lengths[a] * lengths[a]))
      }
    }
  }

  /// The rows or columns of a matrix.
  private struct Vectors {
    /// Vectors of a tile: their products take 1 KiB, which is on the stack.
    static let side = 16

    let values: UnsafePointer<Float>
    let count, length: Int
    private let columns: Int
    private let areRows: Bool

    init(_ view: MemoryView<Float>, _ shape: Shape, _ mode: Mode) {
      columns = shape.last ?? 1
      areRows = mode == .rows
      let rows = view.count / max(1, columns)
      values = UnsafePointer(view.base)
      (count, length) = areRows ? (rows, columns) : (columns, rows)
    }

    private func place(_ vector: Int, _ k: Int) -> Int {
      areRows ? vector * columns + k : k * columns + vector
    }

    /// Calls `body` with tiles that hold each pair once.
    func forEachTile(_ body: (Tile) -> Void) {
      guard count > 1, length > 0 else { return }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.side * Self.side) { buffer in
        guard let products = buffer.baseAddress else { return }
        for i in stride(from: 0, to: count, by: Self.side) {
          let first = i..<min(i + Self.side, count)
          let lengths = lengths(of: first)
          for j in stride(from: i, to: count, by: Self.side) {
            let second = j..<min(j + Self.side, count)
            BLAS.gemm(
              areRows ? .no : .yes, areRows ? .yes : .no, m: first.count, n: second.count,
              k: length, a: values + place(i, 0), lda: columns, b: values + place(j, 0),
              ldb: columns, c: products, ldc: Self.side)
            body(
              Tile(
                vectors: self, first: first, second: second,
                lengths: (lengths, i == j ? lengths : self.lengths(of: second)),
                products: products))
          }
        }
      }
    }

    private func lengths(of part: Range<Int>) -> SIMD16<Double> {
      var squares = SIMD16<Double>()
      if areRows || part.count < Self.side {
        for (a, i) in part.enumerated() { squares[a] = dot(i, i) }
      } else {
        // Neighbors in memory at a time.
        for k in 0..<length {
          let row = UnsafeRawPointer(values + place(part.lowerBound, k))
          let x = SIMD16<Double>(row.loadUnaligned(as: SIMD16<Float>.self))
          squares += x * x
        }
      }
      return squares.squareRoot()
    }

    /// In double precision.
    func dot(_ i: Int, _ j: Int) -> Double {
      var sum = 0.0
      for k in 0..<length { sum += Double(values[place(i, k)]) * Double(values[place(j, k)]) }
      return sum
    }

    /// Adds vectors times the factors (own, other), or (other, own) transposed, to the gradients of
    /// own vectors.
    func add(
      _ factors: UnsafePointer<Float>, _ transpose: BLAS.Transpose, of other: Range<Int>,
      to own: Range<Int>, of gradient: MemoryView<Float>
    ) {
      let source = values + place(other.lowerBound, 0)
      let target = gradient.base + place(own.lowerBound, 0)
      if areRows {
        BLAS.gemm(
          transpose, .no, m: own.count, n: length, k: other.count, a: factors, lda: Self.side,
          b: source, ldb: columns, beta: 1, c: target, ldc: columns)
      } else {
        BLAS.gemm(
          .no, transpose == .no ? .yes : .no, m: length, n: own.count, k: other.count, a: source,
          lda: columns, b: factors, ldb: Self.side, beta: 1, c: target, ldc: columns)
      }
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
