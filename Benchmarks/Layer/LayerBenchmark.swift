public import ArgumentParser
import BenchmarkSupport
import CommandArguments
import ExampleNetworks
import FoundationEssentials
public import PinionLayers
import PinionTensor

/// Measures the layers of the report's networks, pass by pass, against the machine's limits.
@main struct LayerBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "layer-benchmark",
    abstract: "Measures the layers of the report's networks against the machine's limits.",
    discussion: """
      First the limits, by this program's own means: GFLOP/s of a large matrix product, GB/s of a \
      copy between large arrays. Then each layer of the networks at its shape, once, as a network \
      of its own: convolutions and dense layers in GFLOP/s, counted as the definition has it \
      whatever the algorithm saves, others in GB/s of the values that a pass must at least read \
      or write. Median of the repetitions, and its share of the limit of as many threads. What \
      stays in cache may exceed the memory's limit.

      A pass is what a run gains by doing it, too: the forward pass alone; with the gradients of \
      the weights, or of what a layer without weights reads; with those of the input as well. \
      Those after the first are differences, and what they share is counted in the first of them: \
      the gradient of the activation, and setting the output's gradient, which stands for what the \
      next layer would do.

      The JSON file holds an object: cpu, cores, openBLAS {version, core, configuration}, seconds \
      (per repetition), batch, limits [{threads, multiplication, memory}] in GFLOP/s and GB/s, and \
      layers [{layer, shapes, pass, algorithm, threads, unit, rate, share, microsecondsPerImage}]; \
      pass is forward, backward, weight gradient or input gradient; algorithm is there for \
      convolutions; rate is {minimum, median, maximum, samples} in the unit.
      """)

  @Option(parsing: .upToNextOption, help: "The networks whose layers to measure. (default: all)")
  var networks: [ReportNetwork] = []

  @Option(parsing: .upToNextOption, help: "The types of layers, as in Conv2D. (default: all)")
  var layers: [String] = []

  @Option(parsing: .upToNextOption, help: "How convolutions are computed.")
  var algorithm = [ConvolutionAlgorithm.automatic]

  @Option(help: "Images in a batch.")
  var batch = 100

  @Option(parsing: .upToNextOption, help: "The numbers of threads. (default: 1 and all cores)")
  var threads: [Int] = []

  @Option(help: "How often each measurement is repeated.")
  var repetitions = 5

  @Option(help: "How long one repetition lasts at least, in seconds.")
  var seconds = 0.05

  @Option(help: "A file to write the results to, as JSON.", completion: .file())
  var json: String?

  static func main() { Program.run(Self.self) }

  func validate() throws {
    guard 1...100_000 ~= batch else { throw ValidationError("a batch is from 1 to 100000 images") }
    guard threads.allSatisfy({ (1...1_024).contains($0) }) else {
      throw ValidationError("a number of threads is from 1 to 1024")
    }
    guard 1...1_000 ~= repetitions else {
      throw ValidationError("a number of repetitions is from 1 to 1000")
    }
    guard 1e-4...3_600 ~= seconds else {
      throw ValidationError("a repetition lasts from 0.0001 to 3600 seconds")
    }
  }

  func run() throws {
    let stopwatch = Stopwatch(seconds: seconds, repetitions: repetitions)
    let threads =
      threads.isEmpty ? Set([1, ThreadPool.availableCores]).sorted() : threads
    let pools = threads.map(ThreadPool.init(threads:))
    let cases = try LayerCase.all(in: networks.isEmpty ? ReportNetwork.allCases : networks)
      .filter { layers.isEmpty || layers.contains($0.typeName) }
      .flatMap { $0.variants(algorithm) }
    guard !cases.isEmpty else { throw ValidationError("no such layer in these networks") }

    print(Machine.description)
    #if DEBUG
    print("Built without optimisation: these numbers mean nothing. Use swift run -c release.")
    #endif
    var report = Report(seconds: seconds, batch: batch)
    report.limits = pools.map { Limits(pool: $0, stopwatch: stopwatch) }
    for limits in report.limits { print(limits.line) }
    print(Table.heading("Layers, batch \(batch)", of: ["threads", "µs/image", "unit"]))
    for layer in cases {
      for (pool, limits) in zip(pools, report.limits) {
        let results = try LayerRun(layer, batch: batch, pool: pool)
          .results(stopwatch: stopwatch, limits: limits)
        for result in results { print(result.line) }
        report.layers += results
      }
    }
    if let json { try report.write(to: URL(filePath: json)) }
  }
}

extension ConvolutionAlgorithm: ExpressibleByArgument {}
