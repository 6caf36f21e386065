import Foundation

/// What was measured of one network at one size of batch, on one number of threads.
struct Measurement: Codable {
  let network: String
  let batch: Int
  let threads: Int
  let trainImagesPerSecond: Double
  let predictImagesPerSecond: Double
  /// Of one image: the median.
  let latencyMicroseconds: Double
  /// Of one image: what 99 of 100 do not exceed.
  let latencyP99Microseconds: Double
  /// Of the process that measured, its images included.
  let peakMemoryBytes: Int

  /// The names of the columns of ``line``.
  static let heading = """
                                              images/s                one image, µs      peak
    network                 batch  threads    train    predict       median      p99      MiB
    """

  /// A line of the table.
  var line: String {
    func right(_ number: Double, _ width: Int, digits: Int = 0) -> String {
      String(format: "%\(width).\(digits)f", number)
    }
    return network.padding(toLength: 22, withPad: " ", startingAt: 0)
      + right(Double(batch), 7) + right(Double(threads), 9) + right(trainImagesPerSecond, 9)
      + right(predictImagesPerSecond, 11) + right(latencyMicroseconds, 13, digits: 1)
      + right(latencyP99Microseconds, 9, digits: 1) + right(Double(peakMemoryBytes) / 1_048_576, 9)
  }
}
