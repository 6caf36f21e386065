internal import CPinionOpenBLAS

/// OpenBLAS: its configuration and its matrix product.
public enum BLAS {
  /// Whether an operand of ``gemm(_:_:m:n:k:alpha:a:lda:b:ldb:beta:c:ldc:)`` is transposed.
  package enum Transpose: Sendable {
    case no
    case yes

    var flag: CBLAS_TRANSPOSE { self == .no ? CblasNoTrans : CblasTrans }
  }

  /// OpenBLAS's version and build options.
  package static var configuration: String { unsafe String(cString: openblas_get_config()) }

  /// OpenBLAS's version, such as `0.3.21`.
  public static var version: String {
    let words = configuration.split(separator: " ")
    guard words.count > 1 else { return configuration }
    return String(words[1])
  }

  /// The core type whose kernels OpenBLAS runs. Results are bit-identical only for equal core
  /// types.
  public static var core: String { unsafe String(cString: openblas_get_corename()) }

  /// Whether small products are computed without packing, by kernels for AVX-512 that may allocate
  /// memory. Other kernels copy both matrices in every product, so that products with few rows
  /// spend their time on copies of B.
  package static let hasSmallKernels = SmallProduct.hasKernels(onCore: core)

  /// Whether products with a matrix that is packed once are faster than OpenBLAS's: on cores with
  /// AVX2, by factors of 1.1 for 100 rows, 1.4 for 24 and 3 for one (Zen 3); with AVX-512, by 1.0
  /// to 1.9 (Zen 5), increasing with the size of the matrices.
  package static let prefersPanels =
    hasSmallKernels || ["haswell", "zen"].contains(core.lowercased())

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
  /// Call it inside ``ThreadPool/run(count:_:)`` or ``ComputeScope/run(_:)``, which keep OpenBLAS
  /// from starting threads. Allocates nothing after a thread's first product.
  package static func gemm(
    _ transposeA: Transpose = .no, _ transposeB: Transpose = .no, m: Int, n: Int, k: Int,
    alpha: Float = 1, a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int,
    beta: Float = 0, c: UnsafeMutablePointer<Float>, ldc: Int
  ) {
    unsafe gemm(
      transposeA, transposeB, m: m, n: n, k: k, alpha: alpha, a: a, lda: lda, b: b, ldb: ldb,
      beta: beta, c: c, ldc: ldc, isSplit: hasSmallKernels)
  }

  /// C ← A·op(B) in double precision, row-major without gaps, on the calling thread: (m, k)·(k, n).
  static func gemm(
    _ transposeB: Transpose, m: Int, n: Int, k: Int, a: UnsafePointer<Double>,
    b: UnsafePointer<Double>,
    c: UnsafeMutablePointer<Double>
  ) {
    unsafe cblas_dgemm(
      CblasRowMajor, CblasNoTrans, transposeB.flag, Int32(m), Int32(n), Int32(k), 1, a, Int32(k), b,
      Int32(transposeB == .no ? n : k), 0, c, Int32(n))
  }

  /// y ← A·x of a row-major matrix (m, k) without gaps, on the calling thread.
  static func gemv(
    m: Int, k: Int, a: UnsafePointer<Float>, x: UnsafePointer<Float>,
    y: UnsafeMutablePointer<Float>
  ) {
    unsafe cblas_sgemv(
      CblasRowMajor, CblasNoTrans, Int32(m), Int32(k), 1, a, Int32(k), x, 1, 0, y, 1)
  }

  /// The same in double precision.
  static func gemv(
    m: Int, k: Int, a: UnsafePointer<Double>, x: UnsafePointer<Double>,
    y: UnsafeMutablePointer<Double>
  ) {
    unsafe cblas_dgemv(
      CblasRowMajor, CblasNoTrans, Int32(m), Int32(k), 1, a, Int32(k), x, 1, 0, y, 1)
  }

  /// The product in single precision, with an explicit choice whether it is split.
  @inline(__always)
  static func gemm(
    _ transposeA: Transpose, _ transposeB: Transpose, m: Int, n: Int, k: Int, alpha: Float,
    a: UnsafePointer<Float>, lda: Int, b: UnsafePointer<Float>, ldb: Int, beta: Float,
    c: UnsafeMutablePointer<Float>, ldc: Int, isSplit: Bool
  ) {
    let product = SmallProduct(m: m, n: n, k: k)
    guard isSplit, product.allocates(transposeA, transposeB) else {
      unsafe cblas_sgemm(
        CblasRowMajor, transposeA.flag, transposeB.flag, Int32(m), Int32(n), Int32(k), alpha, a,
        Int32(lda), b, Int32(ldb), beta, c, Int32(ldc))
      return
    }
    product.forEachPart(beta: beta) { part in
      unsafe cblas_sgemm(
        CblasRowMajor, CblasNoTrans, CblasNoTrans, Int32(m), Int32(part.columns.count),
        Int32(part.depth.count), alpha, a + part.depth.lowerBound, Int32(lda),
        b + part.depth.lowerBound * ldb + part.columns.lowerBound, Int32(ldb), part.beta,
        c + part.columns.lowerBound, Int32(ldc))
    }
  }
}

/// Splits products so that OpenBLAS's small-matrix kernels do not call `malloc`.
///
/// On cores with AVX-512, OpenBLAS multiplies matrices with m·n·k ≤ 10⁶ without packing. The kernel
/// for two matrices that are not transposed copies the last n mod 16 columns of B to memory that it
/// allocates in each call, if they are 1…8 and k ≥ 32; for k < 32 it uses masks. Therefore the last
/// columns are multiplied separately, in steps of fewer than 32 values of k.
///
/// Source: kernel/x86_64/sgemm_small_kernel_nn_skylakex.c and sgemm_small_kernel_permit_skylakex.c
/// in OpenBLAS 0.3.21, whose M is n here, since its matrices are column-major.
struct SmallProduct {
  /// Largest m·n·k that OpenBLAS multiplies without packing.
  static let largestUnpacked = 1_000_000
  /// Columns in a register of AVX-512.
  private static let lanes = 16
  /// Most last columns that the kernel copies.
  private static let copiedColumns = 8
  /// Smallest k for which the kernel copies.
  private static let smallestCopiedDepth = 32
  /// OpenBLAS's names of the cores with these kernels, in lowercase: builds for one core type use
  /// uppercase.
  private static let cores: Set<String> = ["skylakex", "cooperlake", "sapphirerapids"]

  let m, n, k: Int

  /// Whether OpenBLAS has kernels for small products on a core, which allocate memory in some.
  static func hasKernels(onCore name: String) -> Bool { cores.contains(name.lowercased()) }

  /// Whether those kernels allocate memory for C(m, n) = op(A)·op(B).
  func allocates(_ transposeA: BLAS.Transpose, _ transposeB: BLAS.Transpose) -> Bool {
    let last = n % Self.lanes
    guard transposeA == .no, transposeB == .no, 1...Self.copiedColumns ~= last,
      k >= Self.smallestCopiedDepth
    else {
      return false
    }
    // In double precision, as OpenBLAS, which cannot overflow.
    return Double(m) * Double(n) * Double(k) <= Double(Self.largestUnpacked)
  }

  /// C ← A·B + beta·C over a range of columns of B and C and a range of k.
  struct Part: Equatable {
    let columns, depth: Range<Int>
    let beta: Float
  }

  /// Calls `body` with products that do not allocate and whose sum is this one.
  func forEachPart(beta: Float, _ body: (Part) -> Void) {
    let whole = n - n % Self.lanes
    if whole > 0 { body(Part(columns: 0..<whole, depth: 0..<k, beta: beta)) }
    let steps = (k + Self.smallestCopiedDepth - 2) / (Self.smallestCopiedDepth - 1)
    for step in 0..<steps {
      let depth = step * k / steps..<(step + 1) * k / steps
      body(Part(columns: whole..<n, depth: depth, beta: step == 0 ? beta : 1))
    }
  }
}
