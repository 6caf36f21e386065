internal import CPinionKernels
internal import PinionTensor

/// C = Aᵀ·B, or C += Aᵀ·B if `adds`, with A, (k, m), and B, (k, n): the gradient of a kernel.
///
/// Where panels are faster, both matrices are read in place, by tiles of as many sums as fit the
/// registers: OpenBLAS copies them and zeros C in every product, or makes smaller tiles, and takes
/// 1.0 to 1.7 times as long (Zen 3 and Emerald Rapids).
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
    BLAS.prefersPanels && columns % 128 == 0 ? columns + 16 : columns
  }

  /// Whether so few columns leave lanes of AVX-512 empty that OpenBLAS is faster, whose vectors
  /// are rows of C: with ten columns it takes 0.8 times as long (Emerald Rapids).
  private var leavesLanes: Bool { BLAS.hasSmallKernels && n < Self.fewestColumns }

  private static let fewestColumns = 12

  /// - Parameter ldc: Floats from one row of C to the next; n by default.
  func write(to c: UnsafeMutablePointer<Float>, ldc: Int? = nil) {
    let ldc = ldc ?? n
    guard BLAS.prefersPanels, !leavesLanes else {
      return BLAS.gemm(
        .yes, .no, m: m, n: n, k: k, a: a, lda: lda, b: b, ldb: ldb, beta: adds ? 1 : 0, c: c,
        ldc: ldc)
    }
    var product = pinion_transposed_product(
      m: m, n: n, k: k, a: a, lda: lda, b: b, ldb: ldb, adds: adds ? 1 : 0, c: c, ldc: ldc)
    pinion_multiply_transposed(&product)
  }
}
