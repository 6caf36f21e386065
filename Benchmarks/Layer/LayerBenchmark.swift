public import ArgumentParser
import BenchmarkNetworks
import BenchmarkSupport
import CommandArguments
import FoundationEssentials
public import PinionLayers
import PinionTensor

/// Measures the throughput of layers, pass by pass, relative to the machine's limits.
@main struct LayerBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layer-benchmark",
    abstract: "Measures the layers of networks relative to the machine's limits.",
    discussion: """
      First the limits: GFLOP/s of a large matrix product, GB/s of a copy between large arrays. \
      Then each distinct layer of the networks, as a network of one layer: convolutions and dense \
      layers in GFLOP/s (of the definition, whatever the algorithm saves), others in GB/s of the \
      values that a pass must at least read or write. Columns: the repetitions' median, and its \
      fraction of the limit that binds with the same number of threads. Layers that fit the caches \
      may exceed the memory limit.

      With --grid, layers of each kernel, stride, number of channels and size of image instead, in \
      batches of at most 2²⁴ values, and a list of the passes below 0.6 of the limit: the side of \
      the image × channels, and the fraction.

      The cost of a pass is the difference between runs with and without it: forward only; with \
      the gradients of the weights (of the input, if the layer has none); with both gradients. \
      Work shared by the gradients, that of the activation and setting the output's gradient, is \
      counted in the first of them.

      The JSON file holds an object: cpu, cores, openBLAS {version, core, configuration}, seconds \
      (per repetition), batch, limits [{threads, multiplication, memory}] in GFLOP/s and GB/s, and \
      layers [{layer, shapes, pass, algorithm, threads, unit, rate, share, microsecondsPerImage}]; \
      pass is forward, backward, weight gradient or input gradient; algorithm is present for \
      convolutions; rate is {minimum, median, maximum, samples} in the unit.
      """)

  @Option(parsing: .upToNextOption, help: "The networks whose layers to measure. (default: all)")
  var networks: [BenchmarkNetwork] = []

  @Flag(help: "Measure a grid of layers instead of the networks' ones.")
  var grid = false

  @Option(parsing: .upToNextOption, help: "The types of layers, such as Conv2D. (default: all)")
  var layers: [String] = []

  @Option(parsing: .upToNextOption, help: "The algorithms of convolutions.")
  var algorithm = [ConvolutionAlgorithm.automatic]

  @Option(help: "The batch size.")
  var batch = 100

  @Option(parsing: .upToNextOption, help: "The numbers of threads. (default: 1 and all cores)")
  var threads: [Int] = []

  @Option(help: "The number of repetitions.")
  var repetitions = 5

  @Option(help: "The minimum duration of a repetition in seconds.")
  var seconds = 0.05

  @Option(help: "Write the results to a JSON file.", completion: .file())
  var json: String?

  static func main() { Program.run(Self.self) }

  func validate() throws {
    guard 1...100_000 ~= batch else { throw ValidationError("--batch must be from 1 to 100000.") }
    guard threads.allSatisfy({ (1...1_024).contains($0) }) else {
      throw ValidationError("--threads must be from 1 to 1024.")
    }
    guard 1...1_000 ~= repetitions else {
      throw ValidationError("--repetitions must be from 1 to 1000.")
    }
    guard 1e-4...3_600 ~= seconds else {
      throw ValidationError("--seconds must be from 0.0001 to 3600.")
    }
    try PathArgument.validateWritable("--json", json)
  }

  func run() throws {
    let stopwatch = Stopwatch(seconds: seconds, repetitions: repetitions)
    let threads =
      threads.isEmpty ? Set([1, ThreadPool.availableCores]).sorted() : threads
    let pools = threads.map(ThreadPool.init(threads:))
    let all =
      grid
      ? try LayerGrid.cases()
      : try LayerCase.all(in: networks.isEmpty ? BenchmarkNetwork.allCases : networks)
    let cases = all.filter { layers.isEmpty || layers.contains($0.typeName) }
      .flatMap { $0.variants(algorithm) }
    guard !cases.isEmpty else {
      throw ValidationError("--layers: the networks have no such layer.")
    }

    Machine.printDescription()
    var report = Report(seconds: seconds, batch: batch)
    report.limits = pools.map { Limits(pool: $0, seconds: seconds) }
    for limits in report.limits { print(limits.line) }
    print(Table.heading("Layers, batch \(batch)", of: ["threads", "µs/image", "unit"]))
    var exceptions = GridExceptions()
    for layer in cases {
      for (pool, limits) in zip(pools, report.limits) {
        let size = max(layer.inputShape.elementCount, layer.outputShape.elementCount)
        let batch = grid ? min(batch, max(1, LayerGrid.mostValues / size)) : batch
        let results = try LayerRun(layer, batch: batch, pool: pool)
          .results(stopwatch: stopwatch, limits: limits)
        for result in results { print(result.line) }
        report.layers += results
        if grid { exceptions.add(layer, results) }
      }
    }
    if grid {
      let slow = report.layers.count { $0.share < LayerGrid.goal }
      print("\(slow) of \(report.layers.count) passes below \(LayerGrid.goal) of the limit")
      for line in exceptions.lines { print(line) }
    }
    if let json { try report.write(to: URL(filePath: json)) }
  }
}

extension ConvolutionAlgorithm: ExpressibleByArgument {}
