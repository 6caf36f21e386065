package import PinionTensor

/// C(m, n) = op(A)(m, k) · op(B)(k, n).
package struct MatrixProduct: Sendable {
  package var transposeA = BLAS.Transpose.no
  package var transposeB = BLAS.Transpose.no
  package let m: Int
  package let n: Int
  package let k: Int

  /// A product of those sizes.
  package init(
    transposeA: BLAS.Transpose = .no, transposeB: BLAS.Transpose = .no, m: Int, n: Int, k: Int
  ) {
    self.transposeA = transposeA
    self.transposeB = transposeB
    self.m = m
    self.n = n
    self.k = k
  }

  /// Multiplications and additions.
  package var operations: Double { 2 * Double(m) * Double(n) * Double(k) }

  /// Matrices to multiply: numbers from −1 to 1, and room for the result.
  package func operands() -> [AlignedBuffer] {
    [m * k, k * n, m * n].map { count in
      let buffer = AlignedBuffer(count: count)
      for index in 0..<count { buffer.view[index] = Float(index % 17 - 8) / 8 }
      return buffer
    }
  }

  /// Computes some rows of the product.
  package func run(_ operands: [AlignedBuffer], rows: Range<Int>) {
    let offset = transposeA == .no ? rows.lowerBound * k : rows.lowerBound
    BLAS.gemm(
      transposeA, transposeB, m: rows.count, n: n, k: k,
      a: operands[0].view.base + offset, lda: transposeA == .no ? k : m,
      b: operands[1].view.base, ldb: transposeB == .no ? n : k,
      c: operands[2].view.base + rows.lowerBound * n, ldc: n)
  }
}
