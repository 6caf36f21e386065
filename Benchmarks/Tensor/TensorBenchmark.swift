import ArgumentParser
import BenchmarkSupport
import CommandArguments
import FoundationEssentials
import PinionTensor

/// Measures operations of tensors of a million elements.
@main struct TensorBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tensor-benchmark",
    abstract: "Measures elementwise functions, reductions, sorting, gathering and products.",
    discussion: """
      Seconds of the processor per call on one thread, minimum, median and maximum of the repetitions. \
      Benchmarks/peers/numpy_tensor.py measures NumPy on the same shapes, in turns with this \
      program.

      The JSON file holds an object: cpu, openBLAS {version, core, configuration} and the list \
      results [{operation, type, size, seconds}], with one number of seconds per repetition.
      """)

  @Option(help: "The number of elements, a multiple of 10,000.")
  var size = 1_000_000

  @Option(help: "The number of repetitions.")
  var repetitions = 7

  @Option(help: "The minimum duration of a repetition in seconds.")
  var seconds = 0.1

  @Flag(help: "Measure what lines of the standard input name, in turns with another program.")
  var turns = false

  @Option(help: "Write the results to a JSON file.", completion: .file())
  var json: String?

  static func main() { Program.run(Self.self) }

  func validate() throws {
    guard size > 0, size % 10_000 == 0, size <= 1_000_000_000 else {
      throw ValidationError("--size must be a multiple of 10000 up to 1000000000.")
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
    let stopwatch = Stopwatch(
      seconds: seconds, repetitions: repetitions, ofProcessor: true)
    let operations = TensorOperations(size: size).all.map {
      TimedOperation($0.name, "float32", size: size, $0.work)
    }
    if turns { return stopwatch.answer(operations) }
    Machine.printDescription()
    var report = TimingReport()
    for operation in operations { report.measure(operation, stopwatch) }
    if let json { try JSONFile.write(report, to: URL(filePath: json)) }
  }
}
