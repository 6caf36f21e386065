import BenchmarkNetworks
import BenchmarkSupport
import Foundation
import Pinion

/// Measures what a sample costs in networks and layers, in units of a reference loop.
///
/// The loop is a matrix product of fixed shape, 512 × 512 × 512, on as many threads. A cost is the
/// time of a sample times the loop's rate, measured right before and after: the MFLOP that the loop
/// would have computed meanwhile. A machine that is twice as fast, or a neighbor that takes half of
/// it, leaves costs nearly as they are.
final class CostMeter {
  let batch: Int
  let threads: Int
  /// How long one measurement lasts at least.
  let seconds: Double
  /// Costs in MFLOP a sample by name, one a round.
  private(set) var samples: [String: [Double]] = [:]
  private let reference = SharedProduct(MatrixProduct(m: 512, n: 512, k: 512))
  private let pool: ThreadPool

  init(batch: Int, threads: Int, seconds: Double) {
    self.batch = batch
    self.threads = threads
    self.seconds = seconds
    pool = ThreadPool(threads: threads)
  }

  /// The median of each cost's rounds.
  var costs: [String: Double] { samples.mapValues { $0.quantile(0.5) } }

  /// A round of a network: training, and prediction of whole batches.
  func measure(_ network: BenchmarkNetwork) throws {
    let effort = ["--seconds", "\(seconds)", "--repeats", "1", "--images", "\(20 * batch)"]
    let (output, rate) = try besideReference {
      try OwnProgram.run(["measure", network.rawValue, "\(batch)", "\(threads)"] + effort)
    }
    let measured = try JSONDecoder().decode(Measurement.self, from: output)
    add("\(network.rawValue), training", rate / measured.trainImagesPerSecond)
    add("\(network.rawValue), prediction", rate / measured.predictImagesPerSecond)
  }

  /// A round of all layers of a type in the networks: the forward pass, and both passes together.
  func measure(layers type: String, networks: [BenchmarkNetwork]) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let (_, rate) = try besideReference {
      try OwnProgram.run(
        ["--layers", type, "--networks"] + networks.map(\.rawValue)
          + ["--batch", "\(batch)", "--threads", "\(threads)", "--repetitions", "1"]
          + ["--seconds", "\(seconds / 5)", "--json", file.path],
        program: "layer-benchmark")
    }
    let report = try JSONDecoder().decode(LayerReport.self, from: Data(contentsOf: file))
    var round: [String: Double] = [:]
    for layer in report.layers {
      let name = "\(layer.layer) \(layer.shapes)"
      let cost = rate * layer.microsecondsPerImage / 1e6
      if layer.pass == "forward" { round["\(name), forward"] = cost }
      // The file has each pass as what a run with it takes longer: the sum is a run of all.
      round["\(name), both passes", default: 0] += cost
    }
    for (name, cost) in round { add(name, cost) }
  }

  /// What of layer-benchmark's file counts here.
  private struct LayerReport: Decodable {
    struct Layer: Decodable {
      let layer: String
      let shapes: String
      let pass: String
      let microsecondsPerImage: Double
    }
    let layers: [Layer]
  }

  private func add(_ name: String, _ cost: Double) { samples[name, default: []].append(cost) }

  /// A result, and the reference loop's MFLOP/s around it.
  private func besideReference<Result>(_ body: () throws -> Result) rethrows -> (Result, Double) {
    let before = referenceRate()
    let result = try body()
    return (result, (before + referenceRate()) / 2)
  }

  private func referenceRate() -> Double {
    let stopwatch = Stopwatch(seconds: seconds / 5, repetitions: 3)
    return reference.rate(pool: pool, stopwatch: stopwatch).median * 1_000
  }
}
