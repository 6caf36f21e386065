public import PinionTensor

/// The eigendecomposition A = V·diag(λ)·Vᵀ of a symmetric matrix.
public struct SymmetricEigenDecomposition<Scalar: RealScalar>: Sendable, Equatable {
  /// λ: the eigenvalues in ascending order, (n).
  public let values: TensorOf<Scalar>
  /// V: the eigenvectors of length 1 as columns, (n, n).
  public let vectors: TensorOf<Scalar>

  /// The matrix function V·diag(f(λ))·Vᵀ, (n, n).
  public func matrix(_ function: (Scalar) -> Scalar) -> TensorOf<Scalar> {
    let factors = TensorOf(values.elements.map(function))
    return (vectors * factors).matmul(vectors.transposed())
  }
}

extension TensorOf where Scalar: RealScalar {
  /// The eigenvalues and eigenvectors of a symmetric matrix, as NumPy's `eigh`.
  ///
  /// Reads the lower triangle only. By divide and conquer, on the calling thread.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a square matrix of at most 32,766 rows
  ///   with finite elements, or if LAPACK does not converge.
  public func symmetricEigenDecomposition() throws(LinearAlgebraError)
    -> SymmetricEigenDecomposition<Scalar>
  {
    var rows = self
    let values = try rows.decomposeSymmetric(vectors: true)
    return SymmetricEigenDecomposition(values: values, vectors: rows.transposed())
  }

  /// The eigenvalues of a symmetric matrix in ascending order, (n), as NumPy's `eigvalsh`.
  ///
  /// - Throws: The errors of ``symmetricEigenDecomposition()``.
  public func symmetricEigenvalues() throws(LinearAlgebraError) -> Self {
    var copy = self
    return try copy.decomposeSymmetric(vectors: false)
  }

  /// The eigenvalues; leaves the eigenvectors as rows.
  private mutating func decomposeSymmetric(vectors: Bool) throws(LinearAlgebraError) -> Self {
    let n = try checkedSize(isSquare: true).rows
    try triangle(.lower).checkFinite()
    var (values, status) = (Self.zeros([n]), 0)
    try values.mutate { values throws(LinearAlgebraError) in
      // The lower triangle of rows is the upper one of columns, and columns are eigenvectors.
      try forEachMatrix { _, matrix in
        status = LAPACK.symmetricEigen(matrix, n: n, values: values.base, vectors: vectors)
      }
    }
    guard status == 0 else { throw .noConvergence(status: status) }
    return values
  }
}
