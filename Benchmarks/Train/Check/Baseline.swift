import BenchmarkSupport
import Foundation
import Pinion
import PinionTensor

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
    let reader = try FileReader(url)
    self = try JSONDecoder().decode(
      Self.self, from: Data(reader.bytes(0..<reader.size, place: "baseline")))
  }

  func write(to url: URL) throws {
    var rounded = self
    // Four digits: further ones are noise, and would fill the differences between versions.
    rounded.costs = costs.mapValues { Double(String(format: "%.4g", $0)) ?? $0 }
    try JSONFile.write(rounded, to: url)
  }
}

/// A cost beside its baseline.
struct CheckLine {
  let name: String
  /// MFLOP a sample; nil for what the baseline does not have.
  let baseline: Double?
  /// MFLOP a sample, one a round.
  let rounds: [Double]
  let tolerance: Double

  var cost: Double { rounds.quantile(0.5) }

  /// The part by which the cost exceeds the baseline.
  var excess: Double? { baseline.map { cost / $0 - 1 } }

  var isSlower: Bool { excess.map { $0 > tolerance } ?? false }

  /// The names of the columns of ``text``: MFLOP of the baseline, of the median and of the
  /// quartiles.
  static let heading = """

    baseline      now     quartiles   change
    """

  var text: String {
    func number(_ value: Double) -> String { String(format: "%8.4g", value) }
    let change = excess.map { String(format: "%+7.1f %%", 100 * $0) } ?? "      new"
    let columns = [
      baseline.map(number) ?? "       –", number(cost),
      "\(number(rounds.quantile(0.25)))…" + String(format: "%.4g", rounds.quantile(0.75)),
    ]
    return columns.joined(separator: " ") + " \(change)  \(name)" + (isSlower ? "  SLOWER" : "")
  }
}
