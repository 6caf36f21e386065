public import PinionTensor

/// A norm of matrices.
public enum MatrixNorm: Sendable, CaseIterable {
  /// √Σ aᵢⱼ².
  case frobenius
  /// The largest sum of magnitudes of a column.
  case one
  /// The largest singular value.
  case two
  /// The largest sum of magnitudes of a row.
  case infinity
  /// The sum of the singular values.
  case nuclear
}

extension TensorOf where Scalar: RealScalar {
  /// The norm of a matrix, as NumPy's `norm` and `matrix_norm`.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a matrix, is empty, or has an element
  ///   that is not finite.
  public func matrixNorm(_ norm: MatrixNorm = .frobenius) throws(LinearAlgebraError) -> Scalar {
    let (m, n) = try checkedSize()
    guard m > 0, n > 0 else { throw .empty(shape) }
    try checkFinite()
    switch norm {
    case .frobenius:
      // Scaled, so that squares neither overflow nor vanish.
      let largest = abs().max()
      return largest == 0 ? 0 : largest * (self / largest).squared().sum().squareRoot()
    case .one: return abs().sum(along: 0).max()
    case .infinity: return abs().sum(along: 1).max()
    case .two: return try singularValues()[0]
    case .nuclear: return try singularValues().sum()
    }
  }

  /// The condition number of a square matrix, ‖A‖·‖A⁻¹‖, as NumPy's `cond`; ∞ for a singular one.
  /// In the 2-norm, σ₁/σₖ for a matrix of any shape.
  ///
  /// - Throws: The errors of ``matrixNorm(_:)``, and ``LinearAlgebraError`` if the matrix is not
  ///   square and the norm is not the 2-norm.
  public func conditionNumber(_ norm: MatrixNorm = .two) throws(LinearAlgebraError) -> Scalar {
    if norm == .two {
      let values = try singularValues()
      guard values.count > 0 else { throw .empty(shape) }
      let least = values[values.count - 1]
      return least == 0 ? .infinity : values[0] / least
    }
    _ = try checkedSize(isSquare: true)
    let own = try matrixNorm(norm)
    do throws(LinearAlgebraError) {
      return try own * inverse().matrixNorm(norm)
    } catch {
      guard case .singular = error else { throw error }
      return .infinity
    }
  }
}
