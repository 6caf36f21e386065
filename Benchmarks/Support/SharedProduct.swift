package import PinionTensor

/// One product whose rows the threads share: what a caller waits for.
package struct SharedProduct {
  private let product: MatrixProduct
  private let operands: [AlignedBuffer]

  /// The product, with matrices to multiply.
  package init(_ product: MatrixProduct) {
    self.product = product
    operands = product.operands()
  }

  /// GFLOP/s on the threads of a pool.
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
