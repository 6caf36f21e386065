public import PinionTensor

/// The decomposition A = U·diag(σ)·Vᵀ of a matrix (m, n), with k = min(m, n).
public struct SingularValueDecomposition<Scalar: RealScalar>: Sendable, Equatable {
  /// U: (m, k), with orthonormal columns.
  public let u: TensorOf<Scalar>
  /// σ: (k), descending, not negative.
  public let values: TensorOf<Scalar>
  /// Vᵀ: (k, n), with orthonormal rows.
  public let vTransposed: TensorOf<Scalar>
}

extension TensorOf where Scalar: RealScalar {
  /// The reduced singular value decomposition of a matrix, as NumPy's `svd` without full matrices.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a matrix of at most 20,000 rows and
  ///   columns with finite elements, or if LAPACK does not converge.
  public func singularValueDecomposition() throws(LinearAlgebraError)
    -> SingularValueDecomposition<Scalar>
  {
    let (m, n) = try checkedSize(limit: LAPACK.maximumSingularRows)
    let k = Swift.min(m, n)
    var (u, vt) = (Self.zeros([m, k]), Self.zeros([k, n]))
    var values = Self.zeros([k])
    try u.mutate { u throws(LinearAlgebraError) in
      try vt.mutate { vt throws(LinearAlgebraError) in
        values = try singularValues(u: u.base, vTransposed: vt.base)
      }
    }
    return SingularValueDecomposition(u: u, values: values, vTransposed: vt)
  }

  /// The singular values of a matrix, (min(m, n)), descending.
  ///
  /// - Throws: The errors of ``singularValueDecomposition()``.
  public func singularValues() throws(LinearAlgebraError) -> Self {
    try singularValues(u: nil, vTransposed: nil)
  }

  private func singularValues(
    u: UnsafeMutablePointer<Scalar>?, vTransposed: UnsafeMutablePointer<Scalar>?
  ) throws(LinearAlgebraError) -> Self {
    let (m, n) = try checkedSize(limit: LAPACK.maximumSingularRows)
    try checkFinite()
    var (copy, values, status) = (self, Self.zeros([Swift.min(m, n)]), 0)
    try values.mutate { values throws(LinearAlgebraError) in
      try copy.forEachMatrix { _, matrix in
        // LAPACK reads Aᵀ = V·diag(σ)·Uᵀ, and writes V as columns, which are the rows of Vᵀ.
        status = LAPACK.singularValues(
          matrix, m: n, n: m, values: values.base, u: vTransposed, vt: u)
      }
    }
    guard status == 0 else { throw .noConvergence(status: status) }
    return values
  }

  /// The Moore-Penrose pseudo-inverse of a matrix, (n, m) for (m, n), as SciPy's `pinv`.
  ///
  /// - Parameter tolerance: Singular values of at most this part of the largest count as 0.
  ///   Default: max(m, n)·ε.
  /// - Throws: The errors of ``singularValueDecomposition()``.
  public func pseudoInverse(tolerance: Scalar? = nil) throws(LinearAlgebraError) -> Self {
    let parts = try singularValueDecomposition()
    let limit = singularLimit(parts.values, tolerance)
    let inverses = Self(parts.values.elements.map { $0 > limit ? 1 / $0 : 0 })
    return (parts.vTransposed.transposed() * inverses).matmul(parts.u.transposed())
  }

  /// The number of singular values above a tolerance, as NumPy's `matrix_rank`.
  ///
  /// - Parameter tolerance: Relative to the largest singular value. Default: max(m, n)·ε.
  /// - Throws: The errors of ``singularValueDecomposition()``.
  public func matrixRank(tolerance: Scalar? = nil) throws(LinearAlgebraError) -> Int {
    let values = try singularValues()
    let limit = singularLimit(values, tolerance)
    return values.elements.count { $0 > limit }
  }

  private func singularLimit(_ values: Self, _ tolerance: Scalar?) -> Scalar {
    let largest = values.count > 0 ? values[0] : 0
    return largest * (tolerance ?? defaultTolerance)
  }

  /// max(m, n)·ε.
  fileprivate var defaultTolerance: Scalar { Scalar(shape.max() ?? 0) * Scalar.ulpOfOne }
}

/// The solution of a least-squares problem.
public struct LeastSquaresSolution<Scalar: RealScalar>: Sendable, Equatable {
  /// The x of least norm among those that minimize ‖A·x − b‖, (n) or (n, k).
  public let solution: TensorOf<Scalar>
  /// The rank of A.
  public let rank: Int
  /// The singular values of A, descending.
  public let singularValues: TensorOf<Scalar>
}

extension TensorOf where Scalar: RealScalar {
  /// The least-squares solution of A·x = b for A of shape (m, n) and b of shape (m) or (m, k), by
  /// singular values, as NumPy's `lstsq`.
  ///
  /// - Parameters:
  ///   - rightSide: b.
  ///   - tolerance: Singular values of at most this part of the largest count as 0. Default:
  ///     max(m, n)·ε.
  /// - Throws: ``LinearAlgebraError`` if the shapes do not fit, an element is not finite or LAPACK
  ///   does not converge.
  public func leastSquares(
    _ rightSide: Self, tolerance: Scalar? = nil
  ) throws(LinearAlgebraError) -> LeastSquaresSolution<Scalar> {
    let (m, n) = try checkedSize(limit: LAPACK.maximumSingularRows)
    let sides = rightSide.rank == 1 ? rightSide.expanded(at: 1) : rightSide
    guard sides.rank == 2, sides.shape[0] == m else {
      throw .mismatched(matrix: shape, rightSide: rightSide.shape)
    }
    guard m > 0, n > 0 else { throw .empty(shape) }
    try checkFinite()
    try rightSide.checkFinite()
    let k = sides.shape[1]
    // Columns of length max(m, n), first b and then x.
    var result = Self.zeros([k, Swift.max(m, n)])
    result[0..., 0..<m] = sides.transposed()
    var (columns, values) = (transposed(), Self.zeros([Swift.min(m, n)]))
    var (status, rank) = (0, Int32(0))
    try values.mutate { values throws(LinearAlgebraError) in
      try result.mutate { result throws(LinearAlgebraError) in
        try columns.forEachMatrix { _, matrix in
          status = LAPACK.leastSquares(
            matrix, m: m, n: n, result.base, k: k, values: values.base,
            tolerance: tolerance ?? defaultTolerance, rank: &rank)
        }
      }
    }
    guard status == 0 else { throw .noConvergence(status: status) }
    let solution = result[0..., 0..<n].transposed()
    return LeastSquaresSolution(
      solution: rightSide.rank == 1 ? solution.squeezed(1) : solution, rank: Int(rank),
      singularValues: values)
  }
}
