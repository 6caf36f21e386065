package import PinionTensor

/// C(m, n) = op(A)(m, k) · op(B)(k, n).
package struct MatrixProduct: Sendable {
  package var transposeA = BLAS.Transpose.no
  package var transposeB = BLAS.Transpose.no
  package let m: Int
  package let n: Int
  package let k: Int

  package init(
    transposeA: BLAS.Transpose = .no, transposeB: BLAS.Transpose = .no, m: Int, n: Int, k: Int
  ) {
    self.transposeA = transposeA
    self.transposeB = transposeB
    self.m = m
    self.n = n
    self.k = k
  }

  /// The number of multiplications and additions.
  package var operations: Double { 2 * Double(m) * Double(n) * Double(k) }

  /// A and B with values in −1...1, and C.
  package func operands() -> [AlignedBuffer] {
    [m * k, k * n, m * n].map { count in
      let buffer = AlignedBuffer(count: count)
      for index in 0..<count { buffer.view[index] = Float(index % 17 - 8) / 8 }
      return buffer
    }
  }

  /// Computes a range of rows of C.
  package func run(_ operands: [AlignedBuffer], rows: Range<Int>) {
    let offset = transposeA == .no ? rows.lowerBound * k : rows.lowerBound
    BLAS.gemm(
      transposeA, transposeB, m: rows.count, n: n, k: k,
      a: operands[0].view.base + offset, lda: transposeA == .no ? k : m,
      b: operands[1].view.base, ldb: transposeB == .no ? n : k,
      c: operands[2].view.base + rows.lowerBound * n, ldc: n)
  }
}

/// A product whose rows are divided among the threads, which measures latency.
package struct SharedProduct {
  private let product: MatrixProduct
  private let operands: [AlignedBuffer]

  package init(_ product: MatrixProduct) {
    self.product = product
    operands = product.operands()
  }

  /// GFLOP/s with the threads of a pool.
  package func rate(pool: ThreadPool, stopwatch: Stopwatch) -> Rate {
    let pieces = pool.threadCount
    return stopwatch.rate(operations: product.operations) { [product, operands] calls in
      for _ in 0..<calls {
        pool.run(count: pieces) { piece, _ in
          let rows = product.m * piece / pieces..<product.m * (piece + 1) / pieces
          if !rows.isEmpty { product.run(operands, rows: rows) }
        }
      }
    }
  }
}
