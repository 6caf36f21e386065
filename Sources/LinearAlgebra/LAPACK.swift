internal import CPinionLAPACKE
internal import PinionTensor

/// The one door to LAPACK.
enum LAPACK {
  /// The largest matrix whose workspace of 1 + 6n + 2n² numbers a 32-bit number can count.
  static let maximumRows = 32_766

  /// Eigenvalues and eigenvectors of a symmetric matrix (n, n), in double precision.
  ///
  /// Afterwards row i of `matrix` is the eigenvector of length 1 that belongs to `values[i]`; the values
  /// ascend. Divide and conquer (`dsyevd`), on the calling thread, so that the bits do not depend on the
  /// number of threads.
  static func symmetricEigen(
    _ matrix: MemoryView<Double>, values: MemoryView<Double>
  ) throws(LinearAlgebraError) {
    let n = values.count
    require(matrix.count == n * n, "\(matrix.count) elements of a matrix of \(n) rows")
    guard n > 0 else { return }
    // A symmetric matrix is the same column by column, LAPACK's own order, in which it writes eigenvectors
    // as columns.
    let status = ComputeScope.run {
      LAPACKE_dsyevd(
        LAPACK_COL_MAJOR, CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "U")),
        Int32(n), matrix.base, Int32(n), values.base)
    }
    require(status >= 0, "LAPACK refuses argument \(-status)")
    guard status == 0 else { throw .noConvergence(status: Int(status)) }
  }
}
