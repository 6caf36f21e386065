internal import CPinionLAPACKE
public import PinionTensor

/// The eigendecomposition A = V·diag(λ)·Vᵀ of a symmetric matrix.
public struct SymmetricEigenDecomposition: Sendable, Equatable {
  /// λ: the eigenvalues in ascending order, (n).
  public let values: Tensor
  /// V: the eigenvectors of length 1 as columns, (n, n).
  public let vectors: Tensor

  /// The matrix function V·diag(f(λ))·Vᵀ, (n, n).
  public func matrix(_ function: (Float) -> Float) -> Tensor {
    let factors = Tensor(values.elements.map(function))
    return (vectors * factors).matmul(vectors.transposed())
  }
}

extension Tensor {
  /// The eigenvalues and eigenvectors of a symmetric matrix, as NumPy's `eigh`.
  ///
  /// Reads the lower triangle only. Computes in double precision and rounds the results.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a square matrix of at most 32,766 rows
  ///   with finite elements, or if LAPACK does not converge.
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
        // Both triangles, so that the result does not depend on the one that LAPACK reads.
        matrix.view[row * n + column] = Double(element)
        matrix.view[column * n + row] = Double(element)
      }
    }
    return try SymmetricEigenDecomposition(decomposing: matrix, values: values, rows: n)
  }
}

extension SymmetricEigenDecomposition {
  /// Decomposes a symmetric matrix (n, n) in double precision, and overwrites it.
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

/// Wrappers of LAPACKE functions.
enum LAPACK {
  /// The largest n for which the workspace of 1 + 6n + 2n² elements has a 32-bit size.
  static let maximumRows = 32_766

  /// Computes the eigenvalues and eigenvectors of a symmetric matrix (n, n) in double precision.
  ///
  /// On return, row i of `matrix` is the normalized eigenvector of `values[i]`; the values ascend.
  /// Uses divide and conquer (`dsyevd`) on the calling thread, so that the bits do not depend on
  /// the number of threads.
  static func symmetricEigen(
    _ matrix: MemoryView<Double>, values: MemoryView<Double>
  ) throws(LinearAlgebraError) {
    let n = values.count
    require(matrix.count == n * n, "expected \(n * n) elements, found \(matrix.count)")
    guard n > 0 else { return }
    // Column-major order avoids a transposition: a symmetric matrix is its own transpose, and
    // LAPACK writes eigenvectors as columns.
    let status = ComputeScope.run {
      LAPACKE_dsyevd(
        LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")),
        Int32(n), matrix.base, Int32(n), values.base)
    }
    require(status >= 0, "LAPACK rejects argument \(-status)")
    guard status == 0 else { throw .noConvergence(status: Int(status)) }
  }
}

/// A failed matrix decomposition.
public enum LinearAlgebraError: Error, Sendable, Equatable, CustomStringConvertible {
  case notSquare(Shape)
  /// The size of LAPACK's workspace exceeds 32-bit integers.
  case tooLarge(rows: Int, limit: Int)
  /// An element is NaN or infinite.
  case notFinite(row: Int, column: Int)
  /// LAPACK's iteration did not converge and returned this status.
  case noConvergence(status: Int)

  public var description: String {
    switch self {
    case .notSquare(let shape): "expected a square matrix, found shape \(shape)"
    case .tooLarge(let rows, let limit): "expected at most \(limit) rows, found \(rows)"
    case .notFinite(let row, let column):
      "row \(row), column \(column): expected a finite number, found NaN or infinity"
    case .noConvergence(let status):
      "the eigenvalues did not converge (LAPACK status \(status))"
    }
  }
}
