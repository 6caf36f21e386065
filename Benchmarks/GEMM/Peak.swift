import BenchmarkSupport
import CPinionPeak
import PinionTensor

/// What fused multiply-adds reach that touch no memory: the limit of every matrix product.
struct Peak: Encodable {
  /// The widths that are measured. The compiler makes do with narrower registers where a machine
  /// has no wider ones, so both loops run everywhere.
  static let vectorBytes = [32, 64]

  /// The bytes of a vector.
  let bytes: Int
  let threads: Int
  let rate: Rate

  init(bytes: Int, pool: ThreadPool, stopwatch: Stopwatch) {
    self.bytes = bytes
    let threads = pool.threadCount
    self.threads = threads
    let loop = bytes == 64 ? pinion_peak_64_bytes : pinion_peak_32_bytes
    let rounds = 10_000
    rate = stopwatch.rate(operations: Double(threads) * loop(rounds)) { calls in
      pool.run(count: threads) { _, _ in _ = loop(rounds * calls) }
    }
  }
}
