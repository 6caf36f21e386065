public import PinionTensor

extension TensorOf where Scalar: RealScalar {
  /// The solution x of A·x = b, where A is this tensor, as NumPy's `solve`.
  ///
  /// Shapes (…, n, n) and (…, n, k) give (…, n, k), and leading axes are broadcast; a right-hand
  /// side of one axis, (n), gives (…, n). By LU decomposition with partial pivoting.
  ///
  /// - Throws: ``LinearAlgebraError`` if shapes do not fit, an element is not finite or a matrix is
  ///   singular.
  public func solve(_ rightSide: Self) throws(LinearAlgebraError) -> Self {
    let n = try checkedSize(isStack: true, isSquare: true).rows
    let isVector = rightSide.rank == 1
    let columns = isVector ? rightSide.expanded(at: 1) : rightSide
    let mismatch = LinearAlgebraError.mismatched(matrix: shape, rightSide: rightSide.shape)
    guard columns.rank >= 2, columns.shape[columns.rank - 2] == n else { throw mismatch }
    let k = columns.shape[columns.rank - 1]
    let own = Shape(Array(shape.dropLast(2)))
    guard let stack = own.broadcast(with: Shape(Array(columns.shape.dropLast(2)))) else {
      throw mismatch
    }
    try checkFinite()
    try rightSide.checkFinite()
    var factors = broadcast(to: Shape(stack.dimensions + [n, n]))
    var result = columns.broadcast(to: Shape(stack.dimensions + [n, k])).matrixTransposed
    guard result.count > 0 else {
      return isVector ? result.matrixTransposed.squeezed(-1) : result.matrixTransposed
    }
    var pivots = [Int32](repeating: 0, count: n)
    try result.mutate { result throws(LinearAlgebraError) in
      try factors.forEachMatrix { index, matrix throws(LinearAlgebraError) in
        // The factors of Aᵀ, as which LAPACK reads A's rows.
        let status = LAPACK.factorLU(matrix, rows: n, columns: n, pivots: &pivots)
        guard status == 0 else { throw .singular(pivot: status - 1) }
        let target = result.base + index * n * k
        _ = LAPACK.solveTransposed(matrix, pivots: pivots, n: n, target, k: k)
      }
    }
    return isVector ? result.matrixTransposed.squeezed(-1) : result.matrixTransposed
  }

  /// The inverses of matrices, (…, n, n), as NumPy's `inv`. ``solve(_:)`` is faster and more
  /// accurate than a product with the inverse.
  ///
  /// - Throws: ``LinearAlgebraError`` if the last two axes differ, an element is not finite or a
  ///   matrix is singular.
  public func inverse() throws(LinearAlgebraError) -> Self {
    let n = try checkedSize(isStack: true, isSquare: true).rows
    try checkFinite()
    var result = self
    var pivots = [Int32](repeating: 0, count: n)
    try result.forEachMatrix { _, matrix throws(LinearAlgebraError) in
      var status = LAPACK.factorLU(matrix, rows: n, columns: n, pivots: &pivots)
      guard status == 0 else { throw .singular(pivot: status - 1) }
      status = LAPACK.invert(matrix, pivots: pivots, n: n)
      guard status == 0 else { throw .singular(pivot: status - 1) }
    }
    return result
  }

  /// The determinants of matrices, (…), as NumPy's `det`; 1 without rows. They overflow early:
  /// ``logDeterminant()`` does not.
  ///
  /// - Throws: ``LinearAlgebraError`` if the last two axes differ or an element is not finite.
  public func determinant() throws(LinearAlgebraError) -> Self {
    var products: [Double] = []
    let shape = try factorDiagonals { diagonal, sign in
      products.append(diagonal.reduce(sign) { $0 * $1 })
    }
    return Self(shape: shape, elements: products.map { Scalar($0) })
  }

  /// The signs of the determinants of matrices and the natural logarithms of their magnitudes, as
  /// NumPy's `slogdet`: 0 and −∞ for a singular matrix.
  ///
  /// - Throws: ``LinearAlgebraError`` if the last two axes differ or an element is not finite.
  public func logDeterminant() throws(LinearAlgebraError) -> (sign: Self, logMagnitude: Self) {
    var (signs, logarithms): ([Double], [Double]) = ([], [])
    let shape = try factorDiagonals { diagonal, sign in
      signs.append(diagonal.reduce(sign) { $0 * ($1 > 0 ? 1 : $1 < 0 ? -1 : 0) })
      logarithms.append(DoubleTensor(diagonal).abs().log().sum())
    }
    return (
      Self(shape: shape, elements: signs.map { Scalar($0) }),
      Self(shape: shape, elements: logarithms.map { Scalar($0) })
    )
  }

  /// Calls `body` with the diagonal of U of each matrix's LU decomposition and the permutation's
  /// sign, and returns the shape of the leading axes.
  private func factorDiagonals(
    _ body: (_ diagonal: [Double], _ sign: Double) -> Void
  ) throws(LinearAlgebraError) -> Shape {
    let n = try checkedSize(isStack: true, isSquare: true).rows
    try checkFinite()
    let stack = Shape(Array(shape.dropLast(2)))
    guard n > 0 else {
      for _ in 0..<stack.elementCount { body([], 1) }
      return stack
    }
    var factors = self
    var pivots = [Int32](repeating: 0, count: n)
    try factors.forEachMatrix { _, matrix throws(LinearAlgebraError) in
      _ = LAPACK.factorLU(matrix, rows: n, columns: n, pivots: &pivots)
      let swaps = pivots.indices.count { pivots[$0] != $0 + 1 }
      body((0..<n).map { Double(matrix[$0 * (n + 1)]) }, swaps % 2 == 0 ? 1 : -1)
    }
    return stack
  }
}
