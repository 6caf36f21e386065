public import PinionTensor

/// The decomposition P·A = L·U of a matrix (m, n), with k = min(m, n).
public struct LUDecomposition<Scalar: RealScalar>: Sendable, Equatable {
  /// P: row i of L·U is row `permutation[i]` of A.
  public let permutation: [Int]
  /// L: (m, k), with ones on the diagonal and zeros above it.
  public let lower: TensorOf<Scalar>
  /// U: (k, n), with zeros below the diagonal.
  public let upper: TensorOf<Scalar>
}

/// The decomposition A = Q·R of a matrix (m, n), with k = min(m, n).
public struct QRDecomposition<Scalar: RealScalar>: Sendable, Equatable {
  /// Q: (m, k), with orthonormal columns.
  public let orthogonal: TensorOf<Scalar>
  /// R: (k, n), with zeros below the diagonal.
  public let upper: TensorOf<Scalar>
}

extension TensorOf where Scalar: RealScalar {
  /// The LU decomposition of a matrix with partial pivoting, as SciPy's `lu`. Matrices may be
  /// singular.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a matrix or an element is not finite.
  public func luDecomposition() throws(LinearAlgebraError) -> LUDecomposition<Scalar> {
    let (m, n) = try checkedSize()
    try checkFinite()
    let k = Swift.min(m, n)
    var columns = transposed()
    var pivots = [Int32](repeating: 0, count: k)
    try columns.forEachMatrix { _, matrix in
      _ = LAPACK.factorLU(matrix, rows: m, columns: n, pivots: &pivots)
    }
    var permutation = Array(0..<m)
    for (row, pivot) in pivots.enumerated() { permutation.swapAt(row, Int(pivot) - 1) }
    let factors = columns.transposed()
    var lower = factors[0..., 0..<k].triangle(.lower)
    for index in 0..<k { lower[index, index] = 1 }
    return LUDecomposition(
      permutation: permutation, lower: lower, upper: factors[0..<k].triangle(.upper))
  }

  /// The lower triangular factors L of L·Lᵀ = A of symmetric positive definite matrices, (…, n, n),
  /// as NumPy's `cholesky`. Reads the lower triangles only.
  ///
  /// - Throws: ``LinearAlgebraError`` if the last two axes differ, an element is not finite or a
  ///   matrix is not positive definite.
  public func choleskyFactor() throws(LinearAlgebraError) -> Self {
    let n = try checkedSize(isStack: true, isSquare: true).rows
    var result = triangle(.lower)
    try result.checkFinite()
    try result.forEachMatrix { _, matrix throws(LinearAlgebraError) in
      // The lower triangle of rows is the upper one of columns.
      let status = LAPACK.factorCholesky(matrix, n: n)
      guard status == 0 else { throw .notPositiveDefinite(minor: status) }
    }
    return result
  }

  /// The reduced QR decomposition of a matrix, as NumPy's `qr`.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a matrix or an element is not finite.
  public func qrDecomposition() throws(LinearAlgebraError) -> QRDecomposition<Scalar> {
    let (m, n) = try checkedSize()
    try checkFinite()
    let k = Swift.min(m, n)
    guard k > 0 else {
      return QRDecomposition(orthogonal: .zeros([m, 0]), upper: .zeros([0, n]))
    }
    var columns = transposed()
    var scales = Self.zeros([k])
    try scales.mutate { scales throws(LinearAlgebraError) in
      try columns.forEachMatrix { _, matrix in
        _ = LAPACK.factorQR(matrix, m: m, n: n, scales: scales.base)
      }
    }
    let upper = columns[0..., 0..<k].transposed().triangle(.upper)
    var orthogonal = columns[0..<k]
    try scales.mutate { scales throws(LinearAlgebraError) in
      try orthogonal.forEachMatrix { _, matrix in
        _ = LAPACK.orthogonalFactor(matrix, m: m, k: k, scales: scales.base)
      }
    }
    return QRDecomposition(orthogonal: orthogonal.transposed(), upper: upper)
  }
}
