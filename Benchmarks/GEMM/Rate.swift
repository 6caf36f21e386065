/// GFLOP/s of some repetitions.
struct Rate: Encodable {
  let minimum: Double
  let median: Double
  let maximum: Double
  /// One for each repetition, in their order.
  let samples: [Double]

  init(samples: [Double]) {
    self.samples = samples
    let sorted = samples.sorted()
    let middle = sorted.count / 2
    minimum = sorted[0]
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    maximum = sorted[sorted.count - 1]
  }
}
