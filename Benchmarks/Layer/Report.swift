import BenchmarkSupport
import FoundationEssentials
import PinionLayers
import PinionTensor

/// All results, with a description of the machine.
struct Report: Encodable {
  var cpu = Machine.processorName
  var cores = ThreadPool.availableCores
  var openBLAS = BLASDescription()
  /// The minimum duration of a repetition.
  let seconds: Double
  let batch: Int
  var limits: [Limits] = []
  var layers: [LayerResult] = []

  init(seconds: Double, batch: Int) {
    self.seconds = seconds
    self.batch = batch
  }

  func write(to url: URL) throws { try JSONFile.write(self, to: url) }
}

/// The rate of one pass of a layer.
struct LayerResult: Encodable {
  enum Pass: String, Encodable {
    case forward, backward
    case weightGradient = "weight gradient"
    case inputGradient = "input gradient"
  }

  let layer: String
  let shapes: String
  let pass: Pass
  let algorithm: ConvolutionAlgorithm?
  let threads: Int
  /// `GFLOP/s` or `GB/s`.
  let unit: String
  let rate: Rate
  /// The median divided by the limit with the same number of threads: of operations or of memory,
  /// whichever allows less.
  let share: Double
  /// The median time per image.
  let microsecondsPerImage: Double

  /// - Parameter seconds: The duration of each repetition of a batch. Differences that noise made
  ///   negative are ignored.
  init(
    _ layer: LayerCase, _ pass: Pass, threads: Int, batch: Int, seconds: [Double], limits: Limits
  ) {
    self.layer = layer.typeName
    shapes = layer.shapes
    self.pass = pass
    algorithm = layer.algorithm
    self.threads = threads
    unit = layer.operations == nil ? "GB/s" : "GFLOP/s"
    let bytes = layer.bytes(of: pass)
    let work = Double(batch) * (layer.operations ?? bytes)
    let rates = seconds.filter { $0 > 0 }.map { work / $0 / 1e9 }
    rate = Rate(samples: rates.isEmpty ? [0] : rates)
    let memory = limits.memory.maximum
    share =
      rate.median
      / (layer.operations.map { min(limits.multiplication.maximum, memory * $0 / bytes) }
        ?? memory)
    microsecondsPerImage = Rate(samples: seconds).median * 1e6 / Double(batch)
  }

  /// A table row.
  var line: String {
    let variant = algorithm.map { ", \($0.rawValue)" } ?? ""
    return Table.line(
      ["\(threads)", Table.fixed(microsecondsPerImage), unit], rate, share: share,
      note: "\(layer) \(shapes)\(variant), \(pass.rawValue)")
  }
}
