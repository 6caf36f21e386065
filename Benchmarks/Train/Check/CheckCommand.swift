import ArgumentParser
import BenchmarkNetworks
import BenchmarkSupport
import CommandArguments
import Foundation
import Pinion

/// Compares the speed of networks and layers with a baseline.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Tells whether a network or a layer became slower than a baseline.",
    discussion: """
      Costs are counted in MFLOP of a reference loop, a matrix product of 512 × 512 × 512 that is \
      measured right before and after: what it would have computed in the time of one sample. So \
      machines compare, roughly: a processor with other caches or vectors has costs of its own, \
      and the table says if the baseline comes from another.

      All are measured in turns, for some rounds, and the medians compared. What exceeds its \
      baseline by more than the tolerance is measured in as many rounds again, so that a disturbed \
      moment is no verdict, and is slower if the median of all its rounds still does. The \
      tolerances are what medians of equal programs differ by on a shared machine: less for a \
      network, whose run averages over its layers, than for one layer, whose run is short. The \
      exit status is 1 if anything is slower.
      """)

  @Option(help: "The file of the baseline.", completion: .file())
  var baseline = "Benchmarks/baseline.json"

  @Flag(help: "Write what is measured as the baseline instead of comparing it.")
  var write = false

  @Option(parsing: .upToNextOption, help: "The networks. (default: all seven)")
  var networks: [BenchmarkNetwork] = []

  @Option(parsing: .upToNextOption, help: "The types of layers, as in Conv2D. (default: all)")
  var layers: [String] = []

  @Option(help: "Samples in a batch.") var batch = 100

  @Option(help: "The number of threads. (default: all cores)") var threads: Int?

  @Option(help: "How often everything is measured.") var rounds = 5

  @Option(help: "How long each measurement of a network lasts, in seconds; of a layer, a fifth.")
  var seconds = 0.5

  @Option(help: "By what part a network's cost may exceed the baseline.")
  var networkTolerance = 0.05

  @Option(help: "By what part a layer's cost may exceed the baseline.")
  var layerTolerance = 0.15

  func validate() throws {
    guard 1...100_000 ~= batch, 1...1_024 ~= threads ?? 1, 1...1_000 ~= rounds else {
      throw ValidationError(
        "A batch is 1 to 100000 samples; there are 1 to 1024 threads, 1 to 1000 rounds.")
    }
    guard write || FileManager.default.isReadableFile(atPath: baseline) else {
      throw ValidationError("There is no baseline at \(baseline); --write makes one.")
    }
    guard 0.001...3_600 ~= seconds, networkTolerance >= 0, layerTolerance >= 0 else {
      throw ValidationError("--seconds is 0.001 to 3600, a tolerance 0 or more.")
    }
    if write { try PathArgument.validateWritable("--baseline", baseline) }
  }

  func run() throws {
    let threads = threads ?? ThreadPool.availableCores
    let networks = networks.isEmpty ? BenchmarkNetwork.report : networks
    let types = try layers.isEmpty ? layerTypes(of: networks) : layers
    let known = write ? nil : try Baseline(contentsOf: URL(filePath: baseline))
    let meter = CostMeter(batch: batch, threads: threads, seconds: seconds)
    Machine.printDescription()
    for _ in 0..<rounds {
      for network in networks { try meter.measure(network) }
      for type in types { try meter.measure(layers: type, networks: networks) }
    }
    guard let known else {
      try Baseline(threads: threads, batch: batch, costs: meter.costs)
        .write(to: URL(filePath: baseline))
      return
    }
    let suspects = lines(meter, known).filter(\.isSlower).map(\.name)
    for _ in 0..<(suspects.isEmpty ? 0 : rounds) {
      for network in networks where suspects.contains(where: { $0.hasPrefix(network.rawValue) }) {
        try meter.measure(network)
      }
      for type in types where suspects.contains(where: { $0.hasPrefix("\(type) ") }) {
        try meter.measure(layers: type, networks: networks)
      }
    }
    let here = Baseline(threads: threads, batch: batch, costs: meter.costs)
    if here.conditions != known.conditions {
      print("The baseline comes from other conditions, so that costs compare roughly:")
      print("  \(known.conditions)\n  instead of \(here.conditions)")
    }
    let lines = lines(meter, known)
    print(CheckLine.heading)
    for line in lines { print(line.text) }
    let slower = lines.filter(\.isSlower)
    print(slower.isEmpty ? "\nNothing is slower." : "\nSlower: \(slower.count) of \(lines.count).")
    if !slower.isEmpty { throw ExitCode(1) }
  }

  private func lines(_ meter: CostMeter, _ known: Baseline) -> [CheckLine] {
    meter.samples.keys.sorted().map { name in
      let isNetwork = name.hasSuffix(", training") || name.hasSuffix(", prediction")
      return CheckLine(
        name: name, baseline: known.costs[name], rounds: meter.samples[name] ?? [],
        tolerance: isNetwork ? networkTolerance : layerTolerance)
    }
  }

  /// The types that layer-benchmark measures.
  private func layerTypes(of networks: [BenchmarkNetwork]) throws -> [String] {
    let types = try networks.flatMap { try $0.graph.layers.map(\.typeName) }
    return Set(types).subtracting(["Flatten"]).sorted()
  }
}
