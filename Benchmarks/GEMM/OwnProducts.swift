import BenchmarkSupport
import PinionTensor

/// The same product for each thread, on matrices of its own: how the convolutions of a batch run.
struct OwnProducts {
  private let product: MatrixProduct

  init(_ product: MatrixProduct) { self.product = product }

  func rate(pool: ThreadPool, stopwatch: Stopwatch) -> Rate {
    let product = product
    let operands = (0..<pool.threadCount).map { _ in product.operands() }
    return stopwatch.rate(operations: product.operations * Double(operands.count)) { calls in
      pool.run(count: operands.count) { piece, _ in
        for _ in 0..<calls { product.run(operands[piece], rows: 0..<product.m) }
      }
    }
  }
}
