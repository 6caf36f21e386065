import ArgumentParser
import ExampleNetworks
import ExampleSupport
import Foundation

/// Measures one configuration and prints it as JSON: what the table starts a process for.
struct MeasureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "measure", abstract: "Measures one configuration and prints it as JSON.",
    shouldDisplay: false)

  @Argument(help: "The network.") var network: ReportNetwork
  @Argument(help: "Images in a batch.") var batch: Int
  @Argument(help: "The number of threads.") var threads: Int
  @OptionGroup var effort: Effort

  func validate() throws {
    guard 1...100_000 ~= batch, 1...1_024 ~= threads else {
      throw ValidationError(
        "A batch is from 1 to 100000 images, a number of threads from 1 to 1024.")
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
