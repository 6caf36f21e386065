internal import CPinionLAPACKE
internal import PinionTensor

/// LAPACKE's functions for `Float` and `Double`, on the calling thread. Matrices are column-major;
/// the memory of a row-major matrix is that of its transpose.
///
/// Call them inside a compute scope, so that the bits of results do not depend on the number of
/// threads. They return LAPACK's status, which is not negative.
///
/// Where LAPACK needs no workspace, the functions named `_work` are called, which do not search the
/// matrices for NaN: a tenth of the time of solving 64 equations.
enum LAPACK {
  /// The largest n for which a workspace of 1 + 6n + 2n² elements has a 32-bit size.
  static let maximumRows = 32_766
  /// As ``maximumRows``, for the singular value decomposition's 7n + 5n² elements.
  static let maximumSingularRows = 20_000

  /// P·L·U in place of a matrix (m, n); pivots count from 1.
  static func factorLU<S: RealScalar>(
    _ a: UnsafeMutablePointer<S>, rows m: Int, columns n: Int, pivots: UnsafeMutablePointer<Int32>
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sgetrf_work(
          LAPACK_COL_MAJOR, Int32(m), Int32(n), single(a), Int32(max(1, m)), pivots)
        : LAPACKE_dgetrf_work(
          LAPACK_COL_MAJOR, Int32(m), Int32(n), double(a), Int32(max(1, m)), pivots))
  }

  /// Solves AᵀX = B in place of B (n, k), from the factors of A.
  static func solveTransposed<S: RealScalar>(
    _ factors: UnsafeMutablePointer<S>, pivots: UnsafePointer<Int32>, n: Int,
    _ b: UnsafeMutablePointer<S>, k: Int
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sgetrs_work(
          LAPACK_COL_MAJOR, letter("T"), Int32(n), Int32(k), single(factors), Int32(n), pivots,
          single(b), Int32(n))
        : LAPACKE_dgetrs_work(
          LAPACK_COL_MAJOR, letter("T"), Int32(n), Int32(k), double(factors), Int32(n), pivots,
          double(b), Int32(n)))
  }

  /// The inverse in place of the factors.
  static func invert<S: RealScalar>(
    _ factors: UnsafeMutablePointer<S>, pivots: UnsafePointer<Int32>, n: Int
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sgetri(LAPACK_COL_MAJOR, Int32(n), single(factors), Int32(n), pivots)
        : LAPACKE_dgetri(LAPACK_COL_MAJOR, Int32(n), double(factors), Int32(n), pivots))
  }

  /// The factor U of UᵀU in place of the upper triangle.
  static func factorCholesky<S: RealScalar>(_ a: UnsafeMutablePointer<S>, n: Int) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_spotrf_work(LAPACK_COL_MAJOR, letter("U"), Int32(n), single(a), Int32(n))
        : LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, letter("U"), Int32(n), double(a), Int32(n)))
  }

  /// Solves AX = B in place of B (n, k), from the upper factor of A.
  static func solveCholesky<S: RealScalar>(
    _ factor: UnsafeMutablePointer<S>, n: Int, _ b: UnsafeMutablePointer<S>, k: Int
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_spotrs_work(
          LAPACK_COL_MAJOR, letter("U"), Int32(n), Int32(k), single(factor), Int32(n), single(b),
          Int32(n))
        : LAPACKE_dpotrs_work(
          LAPACK_COL_MAJOR, letter("U"), Int32(n), Int32(k), double(factor), Int32(n), double(b),
          Int32(n)))
  }

  /// R and the reflectors of Q in place of a matrix (m, n).
  static func factorQR<S: RealScalar>(
    _ a: UnsafeMutablePointer<S>, m: Int, n: Int, scales: UnsafeMutablePointer<S>
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sgeqrf(LAPACK_COL_MAJOR, Int32(m), Int32(n), single(a), Int32(m), single(scales))
        : LAPACKE_dgeqrf(LAPACK_COL_MAJOR, Int32(m), Int32(n), double(a), Int32(m), double(scales)))
  }

  /// The first k columns of Q in place of their reflectors, (m, k).
  static func orthogonalFactor<S: RealScalar>(
    _ a: UnsafeMutablePointer<S>, m: Int, k: Int, scales: UnsafeMutablePointer<S>
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sorgqr(
          LAPACK_COL_MAJOR, Int32(m), Int32(k), Int32(k), single(a), Int32(m), single(scales))
        : LAPACKE_dorgqr(
          LAPACK_COL_MAJOR, Int32(m), Int32(k), Int32(k), double(a), Int32(m), double(scales)))
  }

  /// Eigenvalues in ascending order, and eigenvectors as columns in place of a symmetric
  /// matrix, of which the upper triangle is read, by divide and conquer.
  static func symmetricEigen<S: RealScalar>(
    _ a: UnsafeMutablePointer<S>, n: Int, values: UnsafeMutablePointer<S>, vectors: Bool
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_ssyevd(
          LAPACK_COL_MAJOR, letter(vectors ? "V" : "N"), letter("U"), Int32(n), single(a), Int32(n),
          single(values))
        : LAPACKE_dsyevd(
          LAPACK_COL_MAJOR, letter(vectors ? "V" : "N"), letter("U"), Int32(n), double(a), Int32(n),
          double(values)))
  }

  /// Eigenvalues and, if `vectors` is given, right eigenvectors as columns: of a conjugate
  /// pair the real part and then the imaginary one. Overwrites the matrix.
  static func generalEigen<S: RealScalar>(
    _ a: UnsafeMutablePointer<S>, n: Int, real: UnsafeMutablePointer<S>,
    imaginary: UnsafeMutablePointer<S>, vectors: UnsafeMutablePointer<S>?
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sgeev(
          LAPACK_COL_MAJOR, letter("N"), letter(vectors == nil ? "N" : "V"), Int32(n), single(a),
          Int32(n), single(real), single(imaginary), nil, 1, single(optional: vectors), Int32(n))
        : LAPACKE_dgeev(
          LAPACK_COL_MAJOR, letter("N"), letter(vectors == nil ? "N" : "V"), Int32(n), double(a),
          Int32(n), double(real), double(imaginary), nil, 1, double(optional: vectors), Int32(n)))
  }

  /// Singular values in descending order of a matrix (m, n), which is overwritten, U (m,
  /// min(m, n)) and Vᵀ (min(m, n), n), by divide and conquer.
  static func singularValues<S: RealScalar>(
    _ a: UnsafeMutablePointer<S>, m: Int, n: Int, values: UnsafeMutablePointer<S>,
    u: UnsafeMutablePointer<S>?, vt: UnsafeMutablePointer<S>?
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sgesdd(
          LAPACK_COL_MAJOR, letter(u == nil ? "N" : "S"), Int32(m), Int32(n), single(a), Int32(m),
          single(values), single(optional: u), Int32(m), single(optional: vt), Int32(min(m, n)))
        : LAPACKE_dgesdd(
          LAPACK_COL_MAJOR, letter(u == nil ? "N" : "S"), Int32(m), Int32(n), double(a), Int32(m),
          double(values), double(optional: u), Int32(m), double(optional: vt), Int32(min(m, n))))
  }

  /// The solution of least norm (n, k) in place of the right-hand sides (max(m, n), k).
  /// Singular values of at most `tolerance` times the largest count as 0.
  static func leastSquares<S: RealScalar>(
    _ a: UnsafeMutablePointer<S>, m: Int, n: Int, _ b: UnsafeMutablePointer<S>, k: Int,
    values: UnsafeMutablePointer<S>, tolerance: S, rank: inout Int32
  ) -> Int {
    checked(
      S.self == Float.self
        ? LAPACKE_sgelsd(
          LAPACK_COL_MAJOR, Int32(m), Int32(n), Int32(k), single(a), Int32(m), single(b),
          Int32(max(m, n)), single(values), Float(tolerance), &rank)
        : LAPACKE_dgelsd(
          LAPACK_COL_MAJOR, Int32(m), Int32(n), Int32(k), double(a), Int32(m), double(b),
          Int32(max(m, n)), double(values), Double(tolerance), &rank))
  }

  private static func checked(_ status: Int32) -> Int {
    require(status >= 0, "LAPACK rejects argument \(-status)")
    return Int(status)
  }

  private static func letter(_ letter: Unicode.Scalar) -> CChar { CChar(letter.value) }

  private static func single<S>(_ pointer: UnsafeMutablePointer<S>) -> UnsafeMutablePointer<Float> {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Float.self)
  }

  private static func double<S>(_ pointer: UnsafeMutablePointer<S>) -> UnsafeMutablePointer<Double>
  {
    UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: Double.self)
  }

  private static func single<S>(
    optional pointer: UnsafeMutablePointer<S>?
  ) -> UnsafeMutablePointer<Float>? {
    pointer.map { single($0) }
  }

  private static func double<S>(
    optional pointer: UnsafeMutablePointer<S>?
  ) -> UnsafeMutablePointer<Double>? {
    pointer.map { double($0) }
  }
}
