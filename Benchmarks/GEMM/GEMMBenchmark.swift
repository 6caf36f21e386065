import ArgumentParser
import BenchmarkSupport
import CommandArguments
import FoundationEssentials
import PinionTensor

/// Measures the throughput of single-precision matrix products relative to the processor's peak.
@main struct GEMMBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gemm-benchmark",
    abstract: "Measures single-precision matrix products relative to the processor's peak.",
    discussion: """
      Three tables in GFLOP/s: the peak of fused multiply-adds with vectors of 32 and 64 bytes; \
      square products whose rows are divided among the threads; the products of the report's \
      convolutions, with separate matrices for each thread. Columns: minimum, median and maximum \
      of the repetitions, and the median relative to the peak with the same number of threads. \
      OpenBLAS's core type determines the instructions that it uses, which need not be the widest \
      of the machine.

      The JSON file holds an object: cpu, cores, openBLAS {version, core, configuration}, seconds \
      (per repetition), and the lists peaks [{bytes (per vector), threads, rate}], squares and \
      convolutions [{name, pass, transposeA, transposeB, m, n, k, threads, rate, share}]; pass is \
      forward, weight gradient or input gradient, and absent for squares; rate is \
      {minimum, median, maximum, samples} in GFLOP/s; share is the median divided by the peak.
      """)

  @Option(parsing: .upToNextOption, help: "The sizes of the square products.")
  var sizes: [Int] = []

  @Option(parsing: .upToNextOption, help: "The numbers of threads. (default: 1 to all cores)")
  var threads: [Int] = []

  @Option(help: "The number of repetitions. (default: 5; quick: 3)")
  var repetitions: Int?

  @Option(help: "The minimum duration of a repetition in seconds. (default: 0.2; quick: 0.02)")
  var seconds: Double?

  @Flag(help: "Measure a few sizes and layers only, as a smoke test.")
  var quick = false

  @Option(help: "Write the results to a JSON file.", completion: .file())
  var json: String?

  static func main() { Program.run(Self.self) }

  func validate() throws {
    guard sizes.allSatisfy({ (1...32_768).contains($0) }) else {
      throw ValidationError("--sizes must be from 1 to 32768.")
    }
    guard threads.allSatisfy({ (1...1_024).contains($0) }) else {
      throw ValidationError("--threads must be from 1 to 1024.")
    }
    guard 1...1_000 ~= repetitions ?? 1 else {
      throw ValidationError("--repetitions must be from 1 to 1000.")
    }
    guard 1e-4...3_600 ~= seconds ?? 1 else {
      throw ValidationError("--seconds must be from 0.0001 to 3600.")
    }
    try PathArgument.validateWritable("--json", json)
  }

  func run() throws {
    let stopwatch = Stopwatch(
      seconds: seconds ?? (quick ? 0.02 : 0.2), repetitions: repetitions ?? (quick ? 3 : 5))
    let layers = quick ? ConvolutionShape.all.filter(\.isQuick) : ConvolutionShape.all
    let sizes =
      !sizes.isEmpty
      ? sizes
      : quick
        ? [64, 256, 1024]
        : [64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096]
    let threads = threads.isEmpty ? Array(1...ThreadPool.availableCores) : threads
    let pools = threads.map(ThreadPool.init(threads:))

    var report = Report(seconds: stopwatch.seconds)
    Machine.printDescription()
    print(Table.heading("FMA peak", of: ["threads", "vector"], share: false))
    for pool in pools {
      for bytes in Peak.vectorBytes {
        let peak = Peak(bytes: bytes, pool: pool, stopwatch: stopwatch)
        print(Table.line(["\(pool.threadCount)", "\(bytes) bytes"], peak.rate))
        report.peaks.append(peak)
      }
    }
    let columns = ["threads", "m", "n", "k"]
    print(Table.heading("Square products, rows divided among the threads", of: columns))
    for size in sizes {
      let product = MatrixProduct(m: size, n: size, k: size)
      for pool in pools {
        let result = report.result(
          "square", product, threads: pool.threadCount,
          rate: SharedProduct(product).rate(pool: pool, stopwatch: stopwatch))
        print(result.line)
        report.squares.append(result)
      }
    }
    for pass in ConvolutionShape.Pass.allCases {
      print(Table.heading("Convolutions, \(pass.rawValue): one product per thread", of: columns))
      for layer in layers {
        for pool in pools {
          let product = layer.product(pass)
          let result = report.result(
            layer.name, pass: pass, product, threads: pool.threadCount,
            rate: OwnProducts(product).rate(pool: pool, stopwatch: stopwatch))
          print(result.line)
          report.convolutions.append(result)
        }
      }
    }
    if let json { try report.write(to: URL(filePath: json)) }
  }
}
