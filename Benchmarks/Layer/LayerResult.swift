import BenchmarkSupport
import PinionLayers

/// What was measured of one pass of a layer.
struct LayerResult: Encodable {
  /// A part of a training step.
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
  /// The median's part of the limit of as many threads.
  let share: Double
  /// The median of the times, for one image.
  let microsecondsPerImage: Double

  /// The result of some repetitions of a batch; of differences of times, those that noise made negative do not count.
  init(
    _ layer: LayerCase, _ pass: Pass, threads: Int, batch: Int, seconds: [Double], limits: Limits
  ) {
    self.layer = layer.typeName
    shapes = layer.shapes
    self.pass = pass
    algorithm = layer.algorithm
    self.threads = threads
    unit = layer.operations == nil ? "GB/s" : "GFLOP/s"
    let work = Double(batch) * (layer.operations ?? layer.bytes)
    let rates = seconds.filter { $0 > 0 }.map { work / $0 / 1e9 }
    rate = Rate(samples: rates.isEmpty ? [0] : rates)
    share = rate.median / (layer.operations == nil ? limits.memory : limits.multiplication).maximum
    microsecondsPerImage = Rate(samples: seconds).median * 1e6 / Double(batch)
  }

  /// A line of the table.
  var line: String {
    let variant = algorithm.map { ", \($0.rawValue)" } ?? ""
    return Table.line(
      ["\(threads)", Table.fixed(microsecondsPerImage), unit], rate, share: share,
      note: "\(layer) \(shapes)\(variant), \(pass.rawValue)")
  }
}
