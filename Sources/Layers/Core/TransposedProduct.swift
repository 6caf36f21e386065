internal import CPinionKernels
internal import PinionTensor

/// C = Aᵀ·B, or C += Aᵀ·B if `adds`, with A, (k, m), and B, (k, n): the gradient of a kernel.
///
/// On cores with AVX2 both matrices are read in place: OpenBLAS copies them and zeros C in every
/// product, which takes 1.1 to 1.7 times as long (Zen 3).
struct TransposedProduct {
  let m, n, k: Int
  let a: UnsafePointer<Float>
  let lda: Int
  let b: UnsafePointer<Float>
  let ldb: Int
  let adds: Bool

  /// Floats from one row to the next of a matrix with so many columns: with a gap where rows would
  /// conflict in the first cache, in products that read them in place.
  static func stride(of columns: Int) -> Int {
    BLAS.copiesSmallMatrices && columns % 128 == 0 ? columns + 16 : columns
  }

  /// - Parameter ldc: Floats from one row of C to the next; n by default.
  func write(to c: UnsafeMutablePointer<Float>, ldc: Int? = nil) {
    let ldc = ldc ?? n
    guard BLAS.copiesSmallMatrices else {
      return BLAS.gemm(
        .yes, .no, m: m, n: n, k: k, a: a, lda: lda, b: b, ldb: ldb, beta: adds ? 1 : 0, c: c,
        ldc: ldc)
    }
    var product = pinion_transposed_product(
      m: m, n: n, k: k, a: a, lda: lda, b: b, ldb: ldb, adds: adds ? 1 : 0, c: c, ldc: ldc)
    pinion_multiply_transposed(&product)
  }
}
