import BenchmarkSupport
import CPinionPeak
import FoundationEssentials
import PinionTensor

/// All results, with a description of the machine.
struct Report: Encodable {
  var cpu = Machine.processorName
  var cores = ThreadPool.availableCores
  var openBLAS = BLASDescription()
  /// The minimum duration of a repetition.
  let seconds: Double
  var peaks: [Peak] = []
  var squares: [ProductResult] = []
  var convolutions: [ProductResult] = []

  init(seconds: Double) { self.seconds = seconds }

  /// The highest peak with that number of threads; a maximum, because it serves as a limit.
  private func peak(threads: Int) -> Double {
    peaks.filter { $0.threads == threads }.map(\.rate.maximum).max() ?? .infinity
  }

  /// A product's rate relative to the peak.
  func result(
    _ name: String, pass: ConvolutionShape.Pass? = nil, _ product: MatrixProduct, threads: Int,
    rate: Rate
  ) -> ProductResult {
    ProductResult(
      name: name, pass: pass, transposeA: product.transposeA == .yes,
      transposeB: product.transposeB == .yes, m: product.m, n: product.n, k: product.k,
      threads: threads, rate: rate, share: rate.median / peak(threads: threads))
  }

  func write(to url: URL) throws { try JSONFile.write(self, to: url) }
}

/// The rate of one matrix product.
struct ProductResult: Encodable {
  /// `square`, or the name of the convolution.
  let name: String
  /// Nil for square products.
  let pass: ConvolutionShape.Pass?
  let transposeA: Bool
  let transposeB: Bool
  let m: Int
  let n: Int
  let k: Int
  let threads: Int
  let rate: Rate
  /// The median divided by the peak with the same number of threads.
  let share: Double

  /// A table row.
  var line: String {
    let columns = [threads, m, n, k].map { "\($0)" }
    return Table.line(columns, rate, share: share, note: pass == nil ? "" : name)
  }
}

/// The rate of fused multiply-adds on registers, an upper bound for matrix products.
struct Peak: Encodable {
  /// Both loops run on all machines: the compiler splits vectors that are wider than the registers.
  static let vectorBytes = [32, 64]

  /// The vector width.
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
