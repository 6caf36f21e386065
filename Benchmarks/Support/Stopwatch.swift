internal import Glibc

/// Measures work in repetitions of a minimum duration.
package struct Stopwatch {
  /// The minimum duration of a repetition.
  package let seconds: Double
  /// The number of repetitions.
  package let repetitions: Int

  /// Whether only the time is counted in which the process runs: for one thread on a machine with
  /// other processes.
  package let ofProcessor: Bool

  package init(seconds: Double, repetitions: Int, ofProcessor: Bool = false) {
    self.seconds = seconds
    self.repetitions = repetitions
    self.ofProcessor = ofProcessor
  }

  /// GFLOP/s (or GB/s) of `work`.
  ///
  /// - Parameter operations: The number of operations (or bytes) per call.
  package func rate(operations: Double, _ work: (_ calls: Int) -> Void) -> Rate {
    let calls = callsThatFill(work)
    return Rate(
      samples: (0..<repetitions).map { _ in
        operations * Double(calls) / time(calls, work) / 1e9
      })
  }

  /// The seconds per call of each of several functions, one array per repetition. Functions are
  /// measured in turns, so that disturbances affect all of them.
  package func seconds(ofEach works: [(_ calls: Int) -> Void]) -> [[Double]] {
    let calls = works.map(callsThatFill)
    return (0..<repetitions).map { _ in
      zip(works, calls).map { work, calls in time(calls, work) / Double(calls) }
    }
  }

  private func callsThatFill(_ work: (_ calls: Int) -> Void) -> Int {
    var calls = 1
    var elapsed = time(calls, work)
    while elapsed < seconds {
      // Grow at most tenfold: the first calls are slow and underestimate the number.
      let factor = min(1.1 * seconds / max(elapsed, 1e-9), 10)
      calls = max(calls + 1, Int(Double(calls) * factor))
      elapsed = time(calls, work)
    }
    return calls
  }

  private func time(_ calls: Int, _ work: (_ calls: Int) -> Void) -> Double {
    guard ofProcessor else { return ContinuousClock().measure { work(calls) } / .seconds(1) }
    let start = Self.processorSeconds
    work(calls)
    return Self.processorSeconds - start
  }

  private static var processorSeconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
  }
}

/// GFLOP/s or GB/s of several repetitions.
package struct Rate: Encodable, Sendable {
  package let minimum: Double
  package let median: Double
  package let maximum: Double
  /// One per repetition.
  package let samples: [Double]

  /// - Parameter samples: At least one.
  package init(samples: [Double]) {
    self.samples = samples
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    minimum = sorted[0]
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    maximum = sorted[sorted.count - 1]
  }
}
