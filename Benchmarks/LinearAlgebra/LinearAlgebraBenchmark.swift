import ArgumentParser
import BenchmarkSupport
import CommandArguments
import FoundationEssentials
import PinionLinearAlgebra
import PinionTensor

/// Measures LAPACK's operations on square matrices.
@main struct LinearAlgebraBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "linalg-benchmark",
    abstract: "Measures solve, QR, singular values and eigenvalues of square matrices.",
    discussion: """
      Seconds of the processor per call on one thread, minimum, median and maximum of the repetitions. \
      Benchmarks/peers/numpy_linalg.py measures NumPy on matrices of the same sizes, in turns with \
      this program.

      The JSON file holds an object: cpu, openBLAS {version, core, configuration} and the list \
      results [{operation, type, size, seconds}], with one number of seconds per repetition.
      """)

  @Option(parsing: .upToNextOption, help: "The numbers of rows.")
  var sizes = [64, 128, 256, 512, 1024, 2048]

  @Option(help: "The number of repetitions.")
  var repetitions = 5

  @Option(help: "The minimum duration of a repetition in seconds.")
  var seconds = 0.2

  @Flag(help: "Measure in single precision, too.")
  var single = false

  @Flag(help: "Measure what lines of the standard input name, in turns with another program.")
  var turns = false

  @Option(help: "Write the results to a JSON file.", completion: .file())
  var json: String?

  static func main() { Program.run(Self.self) }

  func validate() throws {
    guard sizes.allSatisfy({ (1...20_000).contains($0) }) else {
      throw ValidationError("--sizes must be from 1 to 20000.")
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
    let operations = try sizes.flatMap { size in
      try self.operations(size, Double.self, "float64")
        + (single ? try self.operations(size, Float.self, "float32") : [])
    }
    if turns { return stopwatch.answer(operations) }
    Machine.printDescription()
    var report = TimingReport()
    for operation in operations { report.measure(operation, stopwatch) }
    if let json { try JSONFile.write(report, to: URL(filePath: json)) }
  }

  private func operations<Scalar: RealScalar>(
    _ size: Int, _ type: Scalar.Type, _ name: String
  ) throws -> [TimedOperation] {
    let stream = RandomStream(seed: 1, purpose: "benchmark", size)
    let matrix = TensorOf<Scalar>(Tensor.normal(shape: [size, size], from: stream))
    let side = matrix[0..., 0..<1]
    let symmetric = matrix + matrix.transposed()
    let works: [(String, () throws -> Void)] = [
      ("solve", { _ = try matrix.solve(side) }), ("qr", { _ = try matrix.qrDecomposition() }),
      ("svd", { _ = try matrix.singularValueDecomposition() }),
      ("eigh", { _ = try symmetric.symmetricEigenDecomposition() }),
      ("eig", { _ = try matrix.eigenDecomposition() }),
    ]
    return works.map { operation, work in
      TimedOperation(operation, name, size: size) {
        do { try work() } catch { fatalError("\(operation) of size \(size): \(error)") }
      }
    }
  }
}
