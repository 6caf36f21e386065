internal import PinionTensor

/// An operation that is measured beside NumPy's of the same name.
package struct TimedOperation {
  package let name: String
  /// NumPy's name of the elements' type.
  package let type: String
  package let size: Int
  package let work: () -> Void

  package init(_ name: String, _ type: String, size: Int, _ work: @escaping () -> Void) {
    self.name = name
    self.type = type
    self.size = size
    self.work = work
  }
}

/// Seconds of operations, with a description of the machine.
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
  package mutating func measure(_ operation: TimedOperation, _ stopwatch: Stopwatch) {
    let seconds = stopwatch.seconds(of: operation)
    results.append(
      Timing(
        operation: operation.name, type: operation.type, size: operation.size, seconds: seconds))
    let sorted = seconds.sorted().map { "\(Table.fixed($0 * 1e6)) µs" }
    print(
      "\(operation.name) \(operation.type) \(operation.size):",
      sorted[0], sorted[sorted.count / 2], sorted[sorted.count - 1])
  }
}

extension Stopwatch {
  fileprivate func seconds(of operation: TimedOperation) -> [Double] {
    seconds(ofEach: [{ calls in for _ in 0..<calls { operation.work() } }]).map { $0[0] }
  }

  /// Takes turns with another program: for each line of the standard input with an operation's
  /// type, size and name, separated by spaces, prints the least seconds per call.
  package func answer(_ operations: [TimedOperation]) {
    let known = Dictionary(
      operations.map { ("\($0.type) \($0.size) \($0.name)", $0) }, uniquingKeysWith: { $1 })
    while let line = readLine() {
      print(known[line].flatMap { seconds(of: $0).min() }.map { "\($0)" } ?? "unknown")
    }
  }
}
