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
      Seconds per call on one thread in single precision, minimum, median and maximum of the \
      repetitions. Benchmarks/peers/numpy_tensor.py measures NumPy on the same shapes, and with \
      --pinion FILE puts both side by side.

      The JSON file holds an object: cpu, openBLAS {version, core, configuration} and the list \
      results [{operation, type, size, seconds}], with one number of seconds per repetition.
      """)

  @Option(help: "The number of elements, a multiple of 10,000.")
  var size = 1_000_000

  @Option(help: "The number of repetitions.")
  var repetitions = 7

  @Option(help: "The minimum duration of a repetition in seconds.")
  var seconds = 0.1

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
  }

  func run() throws {
    var report = TimingReport()
    Machine.printDescription()
    let stopwatch = Stopwatch(seconds: seconds, repetitions: repetitions)
    for (name, work) in operations() {
      report.measure(name, "float32", size: size, stopwatch, work)
    }
    if let json { try JSONFile.write(report, to: URL(filePath: json)) }
  }

  private func operations() -> [(String, () -> Void)] {
    let stream = RandomStream(seed: 1, purpose: "benchmark", size)
    let x = Tensor.normal(shape: [size], from: stream)
    let y = Tensor.normal(shape: [size], from: RandomStream(seed: 2, purpose: "benchmark", size))
    let positive = x.abs()
    let matrix = x.reshaped(to: [size / 1_000, 1_000])
    let row = y[0..<1_000]
    let positions = IndexTensor(
      y.elements.map { Int32(Swift.min(Swift.max(($0 + 4) / 8, 0), 0.999_99) * Float(size)) })
    let batch = x.reshaped(to: [size / 10_000, 100, 100])
    var sum = x
    return [
      ("add", { _ = x + y }), ("multiply by a number", { _ = x * 2.5 }),
      ("add a row", { _ = matrix + row }), ("add in place", { sum += y }),
      ("exp", { _ = x.exp() }), ("log", { _ = positive.log() }), ("tanh", { _ = x.tanh() }),
      ("sin", { _ = x.sin() }), ("sqrt", { _ = positive.squareRoot() }),
      ("maximum", { _ = Tensor.maximum(x, y) }), ("less", { _ = x .< y }),
      ("where", { _ = Tensor.where(x .< y, x, y) }), ("sum", { _ = x.sum() }),
      ("sum of rows", { _ = matrix.sum(along: 1) }),
      ("sum of columns", { _ = matrix.sum(along: 0) }),
      ("variance", { _ = x.variance() }), ("max", { _ = x.max() }), ("argmax", { _ = x.argmax() }),
      ("max of rows", { _ = matrix.max(along: 1) }), ("transpose", { _ = matrix.transposed() }),
      ("sort", { _ = x.sorted() }), ("argsort", { _ = x.argsort() }),
      ("gather", { _ = x.gathered(positions) }), ("cumsum", { _ = x.cumulativeSum(along: 0) }),
      ("matmul", { _ = batch.matmul(batch) }),
    ]
  }
}
