import BenchmarkSupport
import PinionTensor

/// The limits of the machine with some number of threads.
struct Limits: Encodable {
  let threads: Int
  /// GFLOP/s of a square matrix product.
  let multiplication: Rate
  /// GB/s of a copy between arrays much larger than the caches, counting bytes read and written.
  let memory: Rate

  /// Some seconds long, however short the repetitions of a layer are: all shares are wrong if
  /// another program has the processor during these measurements.
  private static let repetitions = 20

  init(pool: ThreadPool, seconds: Double) {
    let stopwatch = Stopwatch(seconds: seconds, repetitions: Self.repetitions)
    threads = pool.threadCount
    let size = 2_048
    multiplication = SharedProduct(MatrixProduct(m: size, n: size, k: size))
      .rate(pool: pool, stopwatch: stopwatch)
    memory = Self.copyRate(pool: pool, stopwatch: stopwatch)
  }

  private static func copyRate(pool: ThreadPool, stopwatch: Stopwatch) -> Rate {
    let (floats, pieces) = (1 << 25, 64)
    let (source, target) = (AlignedBuffer(count: floats), AlignedBuffer(count: floats))
    source.view.fill(1)
    let bytes = 2 * Double(floats * MemoryLayout<Float>.stride)
    return stopwatch.rate(operations: bytes) { calls in
      for _ in 0..<calls {
        pool.run(count: pieces) { piece, _ in
          let range = piece * floats / pieces..<(piece + 1) * floats / pieces
          target.view[range].copy(from: source.view[range])
        }
      }
    }
  }

  var line: String {
    "\(threads) thread(s): sgemm \(Table.fixed(multiplication.maximum)) GFLOP/s, "
      + "copy \(Table.fixed(memory.maximum)) GB/s"
  }
}
