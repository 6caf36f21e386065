import BenchmarkSupport
import Foundation
import Pinion

/// The costs that later measurements are compared with, and what they were measured on.
struct Baseline: Codable {
  var cpu: String
  var openBLAS: String
  var threads: Int
  var batch: Int
  /// Reference MFLOP a sample, by name; see ``CostMeter``.
  var costs: [String: Double]

  /// What the costs depend on beside Pinion.
  var conditions: String { "\(cpu), OpenBLAS \(openBLAS), \(threads) thread(s), batch \(batch)" }

  init(threads: Int, batch: Int, costs: [String: Double]) {
    let library = BLASDescription()
    cpu = Machine.processorName
    openBLAS = "\(library.version), kernels for \(library.core)"
    self.threads = threads
    self.batch = batch
    self.costs = costs
  }

  init(contentsOf url: URL) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url))
  }

  func write(to url: URL) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    var rounded = self
    // Four digits: further ones are noise, and would fill the differences between versions.
    rounded.costs = costs.mapValues { Double(String(format: "%.4g", $0)) ?? $0 }
    try (encoder.encode(rounded) + Data("\n".utf8)).write(to: url, options: .atomic)
  }
}
