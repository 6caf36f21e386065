internal import CPinionKernels
internal import PinionTensor

/// A product of one head of an attention: C = α·A·B or α·A·Bᵀ, (m, n), with k terms.
///
/// Where `BLAS.prefersPanels`, B is copied to panels in scratch memory first, as ``ConstantMatrix``
/// stores kernels: OpenBLAS copies both matrices and zeros C, which took a tenth of the time of a
/// vision transformer with heads of 64 × 16 (Zen 3).
struct HeadProduct: Sendable {
  let m, n, k: Int

  /// Floats of scratch memory.
  var scratchFloats: Int {
    BLAS.prefersPanels ? ConstantMatrix(rows: k, columns: n).floats : 0
  }

  /// - Parameters:
  ///   - alpha: α.
  ///   - isTransposed: Whether B is in memory as Bᵀ, (n, k).
  ///   - scratch: Has ``scratchFloats``.
  func write(
    alpha: Float = 1, _ a: UnsafePointer<Float>, lda: Int, by b: UnsafePointer<Float>, ldb: Int,
    isTransposed: Bool = false, scratch: UnsafeMutablePointer<Float>,
    to c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    guard BLAS.prefersPanels else {
      return BLAS.gemm(
        .no, isTransposed ? .yes : .no, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b,
        ldb: ldb, c: c, ldc: ldc)
    }
    if isTransposed {
      pinion_pack_transposed_panels(b, ldb, n, k, scratch)
    } else {
      pinion_pack_panels(b, ldb, n, k, scratch)
    }
    if alpha != 1 { pinion_scale(scratch, scratchFloats, alpha) }
    ConstantMatrix(rows: k, columns: n).multiply(
      a, lda: lda, count: m, by: scratch, into: c, ldc: ldc)
  }

  /// C = Aᵀ·B, (m, n), with A, (k, m), and B, (k, n).
  func writeTransposed(
    _ a: UnsafePointer<Float>, lda: Int, by b: UnsafePointer<Float>, ldb: Int,
    to c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    TransposedProduct(m: m, n: n, k: k, a: a, lda: lda, b: b, ldb: ldb, adds: false)
      .write(to: c, ldc: ldc)
  }
}
