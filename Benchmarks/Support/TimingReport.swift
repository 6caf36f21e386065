internal import PinionTensor

/// Seconds of operations, with a description of the machine, as the peers' scripts read them.
package struct TimingReport: Encodable {
  package struct Timing: Encodable {
    package let operation: String
    /// NumPy's name of the elements' type.
    package let type: String
    package let size: Int
    /// Per call, one number per repetition.
    package let seconds: [Double]
  }

  package var cpu = Machine.processorName
  package var openBLAS = BLASDescription()
  package private(set) var results: [Timing] = []

  package init() {}

  /// Measures an operation, prints a line, and adds it to the results.
  package mutating func measure(
    _ operation: String, _ type: String, size: Int, _ stopwatch: Stopwatch, _ work: () -> Void
  ) {
    let seconds = withoutActuallyEscaping(work) { work in
      stopwatch.seconds(ofEach: [{ calls in for _ in 0..<calls { work() } }]).map { $0[0] }
    }
    results.append(Timing(operation: operation, type: type, size: size, seconds: seconds))
    let sorted = seconds.sorted().map { microseconds($0) }
    print(
      "\(operation) \(type) \(size):", sorted[0], sorted[sorted.count / 2], sorted[sorted.count - 1]
    )
  }

  private func microseconds(_ seconds: Double) -> String { "\(Table.fixed(seconds * 1e6)) µs" }
}
