import ArgumentParser
import BenchmarkNetworks
import ExampleSupport
import Foundation

/// Measures one configuration and prints JSON; `table` runs it as a process.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure", abstract: "Measures one configuration and prints it as JSON.",
    shouldDisplay: false)

  @Argument(help: "The network.") var network: BenchmarkNetwork
  @Argument(help: "The batch size.") var batch: Int
  @Argument(help: "The number of threads.") var threads: Int
  @OptionGroup var effort: Effort

  func validate() throws {
    guard 1...100_000 ~= batch, 1...1_024 ~= threads else {
      throw ValidationError(
        "Expected a batch size from 1 to 100000 and a number of threads from 1 to 1024.")
    }
  }

  func run() throws {
    let subject = try Subject(
      network, batch: batch, threads: threads, images: max(effort.images, batch))
    func median(_ rate: () throws -> Double) rethrows -> Double {
      try (0..<effort.repeats).map { _ in try rate() }.quantile(0.5)
    }
    let training = try median { try subject.trainingRate(seconds: effort.seconds) }
    let prediction = try median { try subject.predictionRate(seconds: effort.seconds) }
    let latencies = try subject.latencies(threads: threads, seconds: effort.seconds)
    let measurement = Measurement(
      network: network.rawValue, batch: batch, threads: threads, trainImagesPerSecond: training,
      predictImagesPerSecond: prediction, latencyMicroseconds: latencies.quantile(0.5),
      latencyP99Microseconds: latencies.quantile(0.99), peakMemoryBytes: PeakMemory.bytes)
    print(String(decoding: try JSONEncoder().encode(measurement), as: UTF8.self))
  }
}

/// The results for one network, batch size and number of threads.
struct Measurement: Codable {
  let network: String
  let batch: Int
  let threads: Int
  let trainImagesPerSecond: Double
  let predictImagesPerSecond: Double
  /// The median for one image.
  let latencyMicroseconds: Double
  /// The 99th percentile for one image.
  let latencyP99Microseconds: Double
  /// Of the measuring process, including its images.
  let peakMemoryBytes: Int

  /// The column names of ``line``.
  static let heading = """
                                              images/s                latency, µs        peak
    network                 batch  threads    train    predict       median      p99      MiB
    """

  /// A table row.
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

extension [Double] {
  /// The quantile at `share` in 0...1 with linear interpolation: 0.5 is the median.
  func quantile(_ share: Double) -> Double {
    let values = sorted()
    let place = share * Double(values.count - 1)
    let low = Int(place)
    let high = Swift.min(low + 1, values.count - 1)
    return values[low] + (place - Double(low)) * (values[high] - values[low])
  }
}
