internal import CPinionOpenBLAS

/// The matrix library underneath, and the one product that everything here is made of.
public enum BLAS {
  /// Whether a matrix is read as it lies or turned over.
  public enum Transpose: Sendable {
    /// Rows as they lie.
    case no
    /// Rows as columns.
    case yes

    var flag: CBLAS_TRANSPOSE { self == .no ? CblasNoTrans : CblasTrans }
  }

  /// OpenBLAS's version and build options, as it states them.
  public static var configuration: String { String(cString: openblas_get_config()) }

  /// OpenBLAS's version alone, such as `0.3.21`.
  public static var version: String {
    let words = configuration.split(separator: " ")
    guard words.count > 1 else { return configuration }
    return String(words[1])
  }

  /// The core type whose kernels OpenBLAS runs. Results are equal bit by bit only under the same one.
  public static var core: String { String(cString: openblas_get_corename()) }

  /// Multiplications of a product up to which OpenBLAS multiplies matrices as they lie, on cores with AVX-512, instead of
  /// packing them first: twenty percent faster where the choice is free.
  package static let unpackedProduct = SmallProduct.most

  /// Whether some products have to be cut for OpenBLAS to take no memory. False on other cores, whose kernels take none, so that
  /// their speed and bits stay.
  private static let cutsProducts = SmallProduct.canAllocate(onCore: core)

  /// C ← α·op(A)·op(B) + β·C, in single precision, row-major, on the calling thread.
  ///
  /// - Parameters:
  ///   - m: Rows of op(A) and C.
  ///   - n: Columns of op(B) and C.
  ///   - k: Columns of op(A) and rows of op(B).
  ///   - a: A; (m, k) with rows `lda` apart, or (k, m) if `transposeA` is `.yes`.
  ///   - b: B; (k, n) with rows `ldb` apart, or (n, k) if `transposeB` is `.yes`.
  ///   - c: C; (m, n) with rows `ldc` apart.
  ///
  /// To be called inside ``ThreadPool/run(count:_:)`` or ``ComputeScope/run(_:)``, which keep OpenBLAS from starting threads.
  /// Allocates nothing under any of OpenBLAS's kernels once a thread has made its first product.
  public static func gemm(
    _ transposeA: Transpose = .no, _ transposeB: Transpose = .no, m: Int, n: Int, k: Int,
    alpha: Float = 1, a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int,
    beta: Float = 0, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    gemm(
      transposeA, transposeB, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b, ldb: ldb,
      beta: beta, c: c, ldc: ldc, isCut: cutsProducts)
  }

  /// The same with products cut, or not, whichever core this is.
  @inline(__always)
  static func gemm(
    _ transposeA: Transpose, _ transposeB: Transpose, m: Int, n: Int, k: Int, alpha: Float,
    a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float,
    c: UnsafeMutablePointer<Float>, ldc: Int, isCut: Bool
  ) {
    let product = SmallProduct(m: m, n: n, k: k)
    guard isCut, product.allocates(transposeA, transposeB) else {
      cblas_sgemm(
        CblasRowMajor, transposeA.flag, transposeB.flag, Int32(m), Int32(n), Int32(k), alpha, a,
        Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
      return
    }
    product.forEachPart(beta: beta) { part in
      cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(part.columns.count),
        Int32(part.depth.count), alpha, a + part.depth.lowerBound, Int32(lda),
        b + part.depth.lowerBound * ldb + part.columns.lowerBound, Int32(ldb), part.beta,
        c + part.columns.lowerBound, Int32(ldc))
    }
  }
}
