import BenchmarkSupport
import FoundationEssentials
import PinionTensor

/// All that was measured, and on what.
struct Report: Encodable {
  /// The processor's name, as Linux gives it.
  var cpu = Machine.processorName
  var cores = ThreadPool.availableCores
  var openBLAS = BLASDescription()
  /// How long a repetition lasted at least.
  let seconds: Double
  var peaks: [Peak] = []
  var squares: [ProductResult] = []
  var convolutions: [ProductResult] = []

  init(seconds: Double) { self.seconds = seconds }

  /// The largest rate of as many threads that any vector reached; a limit is not an average.
  private func peak(threads: Int) -> Double {
    peaks.filter { $0.threads == threads }.map(\.rate.maximum).max() ?? .infinity
  }

  /// A product's rate, compared with the peak.
  func result(
    _ name: String, pass: ConvolutionShape.Pass? = nil, _ product: MatrixProduct, threads: Int,
    rate: Rate
  ) -> ProductResult {
    ProductResult(
      name: name, pass: pass, transposeA: product.transposeA == .yes,
      transposeB: product.transposeB == .yes, m: product.m, n: product.n, k: product.k,
      threads: threads, rate: rate, share: rate.median / peak(threads: threads))
  }

  /// Writes the report as JSON.
  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(self), to: url)
  }
}
