import Testing

@testable import PinionTensor

/// Which products OpenBLAS's kernels for AVX-512 take memory for, and the products in their place.
///
/// That they take none on such a core is counted by the allocation probe; here stands what can be
/// tested on any.
@Suite struct SmallProductTests {
  /// What sgemm_small_kernel_permit_skylakex.c and sgemm_small_kernel_nn_skylakex.c of OpenBLAS
  /// 0.3.21 do: m, n, k in row-major terms, whether A and B are transposed, and whether `malloc` is
  /// called.
  static let table: [(m: Int, n: Int, k: Int, a: Bool, b: Bool, allocates: Bool)] = [
    (6, 100, 128, false, false, true), (1, 100, 128, false, false, true),
    (100, 1, 32, false, false, true), (3, 8, 32, false, false, true),
    (3, 17, 1_000, false, false, true), (3, 24, 1_000, false, false, true),
    // No last columns, or so many that they are masked.
    (6, 96, 128, false, false, false), (6, 9, 128, false, false, false),
    (6, 105, 128, false, false, false), (6, 15, 128, false, false, false),
    // Few values of k.
    (6, 100, 31, false, false, false), (6, 100, 1, false, false, false),
    // The other three kernels.
    (6, 100, 128, true, false, false), (6, 100, 128, false, true, false),
    (6, 100, 128, true, true, false),
    // A product above 10⁶, which is packed into memory that OpenBLAS keeps, and one of just 10⁶.
    (100, 100, 101, false, false, false), (100, 100, 100, false, false, true),
    (1 << 40, 1, 1 << 40, false, false, false),
  ]

  @Test func thePredicateIsOpenBLASs() {
    for row in Self.table {
      let product = SmallProduct(m: row.m, n: row.n, k: row.k)
      #expect(
        product.allocates(row.a ? .yes : .no, row.b ? .yes : .no) == row.allocates, "\(row)")
    }
  }

  @Test func coresAreKnownByName() {
    for name in ["SkylakeX", "Cooperlake", "SapphireRapids", "SKYLAKEX"] {
      #expect(SmallProduct.hasKernels(onCore: name))
    }
    for name in ["Haswell", "Zen", "Sandybridge", "Nehalem", "Prescott", "neoversen1"] {
      #expect(!SmallProduct.hasKernels(onCore: name))
    }
  }

  @Test func partsTakeNoMemoryAndMakeTheProduct() {
    for n in 1...50 {
      for k in [32, 33, 61, 62, 63, 64, 93, 100, 784, 4_608] {
        for m in [1, 7, 10_000] where SmallProduct(m: m, n: n, k: k).allocates(.no, .no) {
          var covered = [Int](repeating: 0, count: n * k)
          var started = [Bool](repeating: false, count: n)
          SmallProduct(m: m, n: n, k: k).forEachPart(beta: 0.5) { part in
            #expect(
              !SmallProduct(m: m, n: part.columns.count, k: part.depth.count).allocates(.no, .no))
            for column in part.columns {
              #expect(part.beta == (started[column] ? 1 : 0.5))
              started[column] = true
              for depth in part.depth { covered[column * k + depth] += 1 }
            }
          }
          #expect(covered.allSatisfy { $0 == 1 }, "\(n) columns, \(k) values")
        }
      }
    }
  }

  /// Whole numbers, whose sums are exact in any order.
  @Test(arguments: [Float(0), 1, -2]) func cutProductsAreProducts(beta: Float) {
    for (m, n, k) in [(1, 1, 32), (5, 4, 70), (3, 20, 33), (2, 100, 128), (7, 33, 95), (4, 9, 40)] {
      // Rows that lie apart, in memory that holds NaN between them; without beta, C holds NaN, too.
      let (lda, ldb, ldc) = (k + 3, n + 2, n + 5)
      var a = [Float](repeating: .nan, count: m * lda)
      var b = [Float](repeating: .nan, count: k * ldb)
      var c = [Float](repeating: .nan, count: m * ldc)
      for i in 0..<m { for p in 0..<k { a[i * lda + p] = Float((i * 7 + p * 3) % 11 - 5) } }
      for p in 0..<k { for j in 0..<n { b[p * ldb + j] = Float((p * 5 + j * 2) % 13 - 6) } }
      var expected = c
      for i in 0..<m {
        for j in 0..<n {
          var sum: Float = 0
          for p in 0..<k { sum += a[i * lda + p] * b[p * ldb + j] }
          if beta != 0 { c[i * ldc + j] = Float(i - j) }
          expected[i * ldc + j] = 2 * sum + (beta == 0 ? 0 : beta * Float(i - j))
        }
      }
      for isCut in [false, true] {
        var found = c
        ComputeScope.run {
          BLAS.gemm(
            .no, .no, m: m, n: n, k: k, alpha: 2, a: a, lda: lda, b: b, ldb: ldb, beta: beta,
            c: &found, ldc: ldc, isSplit: isCut)
        }
        #expect(
          found.map(\.bitPattern) == expected.map(\.bitPattern), "\(m), \(n), \(k), \(isCut)")
      }
    }
  }
}
