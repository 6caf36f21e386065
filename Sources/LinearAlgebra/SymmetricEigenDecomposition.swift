public import PinionTensor

/// A symmetric matrix as V·diag(λ)·Vᵀ.
public struct SymmetricEigenDecomposition: Sendable, Equatable {
  /// λ: the eigenvalues in ascending order, (n,).
  public let values: Tensor
  /// V: the eigenvectors of length 1 as columns, (n, n).
  public let vectors: Tensor

  /// V·diag(f(λ))·Vᵀ: the function of the matrix that f is of a number, (n, n).
  public func matrix(_ function: (Float) -> Float) -> Tensor {
    let factors = Tensor(values.elements.map(function))
    return (vectors * factors).matmul(vectors.transposed())
  }
}

extension Tensor {
  /// The eigenvalues and eigenvectors of a symmetric matrix, as NumPy's `eigh`.
  ///
  /// Only the elements on and below the diagonal are read. Computed in double precision, then rounded.
  /// Throws ``LinearAlgebraError`` if the tensor is no square matrix, has more than 32,766 rows, an element
  /// read is not finite, or LAPACK does not converge.
  public func symmetricEigenDecomposition() throws(LinearAlgebraError)
    -> SymmetricEigenDecomposition
  {
    guard rank == 2, shape[0] == shape[1] else { throw .notSquare(shape) }
    let n = shape[0]
    guard n <= LAPACK.maximumRows else {
      throw .tooLarge(rows: n, limit: LAPACK.maximumRows)
    }
    let matrix = DoubleBuffer(count: n * n)
    let values = DoubleBuffer(count: n)
    let elements = self.elements
    for row in 0..<n {
      for column in 0...row {
        let element = elements[row * n + column]
        guard element.isFinite else { throw .notFinite(row: row, column: column) }
        // Both halves, so that it does not matter which one LAPACK reads.
        matrix.view[row * n + column] = Double(element)
        matrix.view[column * n + row] = Double(element)
      }
    }
    return try SymmetricEigenDecomposition(decomposing: matrix, values: values, rows: n)
  }
}

extension SymmetricEigenDecomposition {
  /// Decomposes a symmetric matrix (n, n) in double precision, which is overwritten.
  init(
    decomposing matrix: DoubleBuffer, values: DoubleBuffer, rows n: Int
  ) throws(LinearAlgebraError) {
    try withExtendedLifetime((matrix, values)) { () throws(LinearAlgebraError) in
      try LAPACK.symmetricEigen(matrix.view, values: values.view)
    }
    var columns = Tensor.zeros([n, n])
    self.values = Tensor(values.array.map { Float($0) })
    withExtendedLifetime(matrix) {
      columns.mutate { columns in
        for row in 0..<n {
          for column in 0..<n { columns[row * n + column] = Float(matrix.view[column * n + row]) }
        }
      }
    }
    vectors = columns
  }
}
