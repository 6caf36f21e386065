public import PinionTensor

/// Complex numbers as two tensors of equal shape, since tensor operations take real tensors.
public struct ComplexTensor<Scalar: RealScalar>: Sendable, Equatable {
  public let real: TensorOf<Scalar>
  public let imaginary: TensorOf<Scalar>

  /// √(re² + im²).
  public var magnitudes: TensorOf<Scalar> {
    (real * real + imaginary * imaginary).squareRoot()
  }

  /// Whether all imaginary parts are zero.
  public var isReal: Bool { imaginary.elements.allSatisfy { $0 == 0 } }
}

/// The eigenvalues λ and right eigenvectors v of a square matrix: A·v = λ·v.
public struct EigenDecomposition<Scalar: RealScalar>: Sendable, Equatable {
  /// λ: (n), in LAPACK's order. Conjugates follow each other, that with positive imaginary part
  /// first.
  public let values: ComplexTensor<Scalar>
  /// v as columns of length 1, (n, n).
  public let vectors: ComplexTensor<Scalar>
}

extension TensorOf where Scalar: RealScalar {
  /// The eigenvalues and right eigenvectors of a square matrix, as NumPy's `eig`. For symmetric
  /// matrices, ``symmetricEigenDecomposition()`` is faster and more accurate.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a square matrix with finite elements, or
  ///   if LAPACK does not converge.
  public func eigenDecomposition() throws(LinearAlgebraError) -> EigenDecomposition<Scalar> {
    var vectors = self
    let values = try eigenvalues { vectors = $0 }
    let n = shape[0]
    let rows = vectors
    var (real, imaginary) = (rows, Self.zeros([n, n]))
    // Rows are eigenvectors. Those of a conjugate pair are the real and the imaginary part.
    let parts = values.imaginary.elements
    for index in parts.indices where parts[index] > 0 {
      real[index + 1, 0...] = rows[index, 0...]
      imaginary[index, 0...] = rows[index + 1, 0...]
      imaginary[index + 1, 0...] = -rows[index + 1, 0...]
    }
    return EigenDecomposition(
      values: values,
      vectors: ComplexTensor(real: real.transposed(), imaginary: imaginary.transposed()))
  }

  /// The eigenvalues of a square matrix, (n), as NumPy's `eigvals`.
  ///
  /// - Throws: The errors of ``eigenDecomposition()``.
  public func eigenvalues() throws(LinearAlgebraError) -> ComplexTensor<Scalar> {
    try eigenvalues(vectors: nil)
  }

  /// - Parameter vectors: Takes the eigenvectors as rows.
  private func eigenvalues(
    vectors take: ((Self) -> Void)?
  ) throws(LinearAlgebraError) -> ComplexTensor<Scalar> {
    let n = try checkedSize(isSquare: true).rows
    try checkFinite()
    var columns = transposed()
    var (real, imaginary) = (Self.zeros([n]), Self.zeros([n]))
    var vectors = take == nil ? nil : Self.zeros([n, n])
    var status = 0
    try real.mutate { real throws(LinearAlgebraError) in
      try imaginary.mutate { imaginary throws(LinearAlgebraError) in
        try columns.forEachMatrix { _, matrix in
          status = LAPACK.generalEigen(
            matrix, n: n, real: real.base, imaginary: imaginary.base,
            vectors: vectors?.mutate { $0.base })
        }
      }
    }
    guard status == 0 else { throw .noConvergence(status: status) }
    if let vectors { take?(vectors) }
    return ComplexTensor(real: real, imaginary: imaginary)
  }
}
