/// GFLOP/s or GB/s of some repetitions.
package struct Rate: Encodable, Sendable {
  package let minimum: Double
  package let median: Double
  package let maximum: Double
  /// One for each repetition, in their order.
  package let samples: [Double]

  /// The rates of repetitions, of which there is at least one.
  package init(samples: [Double]) {
    self.samples = samples
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    minimum = sorted[0]
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    maximum = sorted[sorted.count - 1]
  }
}
