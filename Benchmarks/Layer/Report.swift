import BenchmarkSupport
import FoundationEssentials
import PinionTensor

/// All that was measured, and on what.
struct Report: Encodable {
  var cpu = Machine.processorName
  var cores = ThreadPool.availableCores
  var openBLAS = BLASDescription()
  /// How long a repetition lasted at least.
  let seconds: Double
  let batch: Int
  var limits: [Limits] = []
  var layers: [LayerResult] = []

  init(seconds: Double, batch: Int) {
    self.seconds = seconds
    self.batch = batch
  }

  /// Writes the report as JSON.
  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(encoder.encode(self), to: url)
  }
}
