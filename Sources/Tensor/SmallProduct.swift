/// How products are cut so that OpenBLAS's small-matrix kernels take no memory from `malloc`.
///
/// On cores with AVX-512, OpenBLAS multiplies matrices with up to 10⁶ multiplications as they lie. Of the four kernels, one for each pair of
/// transpositions, the one for two matrices read as they lie turns the last n mod 16 columns of B over in memory that it allocates
/// in each call, if they are 1…8 and k ≥ 32; for k < 32 it masks them. So the last columns go apart, in steps of fewer than 32 values of k.
/// (kernel/x86_64/sgemm_small_kernel_nn_skylakex.c and sgemm_small_kernel_permit_skylakex.c in OpenBLAS 0.3.21, whose M
/// is the n here, its matrices being column-major.)
struct SmallProduct {
  /// The multiplications up to which OpenBLAS multiplies matrices as they lie.
  static let most = 1_000_000
  /// The columns that a register of AVX-512 holds.
  private static let lanes = 16
  /// The most last columns that the kernel turns over.
  private static let turned = 8
  /// The values of k from which it does.
  private static let depth = 32
  /// OpenBLAS's names of the cores with these kernels, in lower case: builds for one core type write them in capitals.
  private static let cores: Set<String> = ["skylakex", "cooperlake", "sapphirerapids"]

  let m, n, k: Int

  /// Whether OpenBLAS's kernels for a core take memory for some products.
  static func canAllocate(onCore name: String) -> Bool { cores.contains(name.lowercased()) }

  /// Whether those kernels take memory for C(m, n) = op(A)·op(B).
  func allocates(_ transposeA: BLAS.Transpose, _ transposeB: BLAS.Transpose) -> Bool {
    let last = n % Self.lanes
    guard transposeA == .no, transposeB == .no, 1...Self.turned ~= last, k >= Self.depth else {
      return false
    }
    // As OpenBLAS multiplies: in double precision, which no size overflows.
    return Double(m) * Double(n) * Double(k) <= Double(Self.most)
  }

  /// A product of the given columns of B, over the given values of k, that is added to C times `beta`.
  struct Part: Equatable {
    let columns, depth: Range<Int>
    let beta: Float
  }

  /// Calls `body` for products that take no memory and together make one that does.
  func forEachPart(beta: Float, _ body: (Part) -> Void) {
    let whole = n - n % Self.lanes
    if whole > 0 { body(Part(columns: 0..<whole, depth: 0..<k, beta: beta)) }
    let steps = (k + Self.depth - 2) / (Self.depth - 1)
    for step in 0..<steps {
      let depth = step * k / steps..<(step + 1) * k / steps
      body(Part(columns: whole..<n, depth: depth, beta: step == 0 ? beta : 1))
    }
  }
}
