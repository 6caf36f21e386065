import ArgumentParser
import ExampleNetworks
import Foundation
import Pinion

/// Measures networks at several sizes of batches and numbers of threads, each in a process of its own.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Measures networks at several sizes of batches and numbers of threads (the default).",
    discussion: """
      Images a second in training, by the same path as an example: batches assembled from bytes by \
      the loader, loss, gradients, Adam, accuracy. Images a second in prediction, from floats. The \
      time from one image to its classes, on as many threads: median and 99th percentile. The \
      images are noise, so that no data set is needed. Each line is a process of its own, whose \
      peak of memory includes the images (--images of them, as bytes).

      The JSON file holds an array of objects: network, batch, threads, trainImagesPerSecond, \
      predictImagesPerSecond, latencyMicroseconds (the median), latencyP99Microseconds, \
      peakMemoryBytes. Rates are medians of the repeats.
      """)

  @Option(parsing: .upToNextOption, help: "The networks. (default: all seven)")
  var networks: [ReportNetwork] = []

  @Option(parsing: .upToNextOption, help: "Images in a batch.")
  var batches = [100, 32, 500]

  @Option(parsing: .upToNextOption, help: "The numbers of threads. (default: 1 to all cores)")
  var threads: [Int] = []

  @OptionGroup var effort: Effort

  @Option(help: "A file to write the results to, as JSON.", completion: .file())
  var json: String?

  func validate() throws {
    guard batches.allSatisfy({ (1...100_000).contains($0) }) else {
      throw ValidationError("--batches must be between 1 and 100000.")
    }
    guard threads.allSatisfy({ (1...1_024).contains($0) }) else {
      throw ValidationError("--threads must be between 1 and 1024.")
    }
  }

  func run() throws {
    print("\(ThreadPool.availableCores) cores; OpenBLAS \(BLAS.version), kernels for \(BLAS.core)")
    #if DEBUG
    print("Built without optimisation: these numbers mean nothing. Use swift run -c release.")
    #endif
    print(Measurement.heading)
    var measurements: [Measurement] = []
    for network in networks.isEmpty ? ReportNetwork.allCases : networks {
      for batch in batches {
        for threads in threads.isEmpty ? Array(1...ThreadPool.availableCores) : threads {
          let arguments = ["measure", network.rawValue, "\(batch)", "\(threads)"]
          let output = try OwnProgram.run(arguments + effort.arguments)
          let measurement = try JSONDecoder().decode(Measurement.self, from: output)
          print(measurement.line)
          measurements.append(measurement)
        }
      }
    }
    guard let json else { return }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(
      try encoder.encode(measurements) + Data("\n".utf8), to: URL(fileURLWithPath: json))
  }
}
