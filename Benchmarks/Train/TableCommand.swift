import ArgumentParser
import BenchmarkNetworks
import BenchmarkSupport
import CommandArguments
import Foundation
import Pinion

/// Measures networks with several batch sizes and numbers of threads, each in a separate process.
struct TableCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "table",
    abstract: "Measures networks with several batch sizes and numbers of threads (the default).",
    discussion: """
      Training throughput in images per second, as in the examples: batches from bytes, loss, \
      gradients, Adam, accuracy. Prediction throughput in images per second, from floats. Latency \
      of predicting one image with the same number of threads: median and 99th percentile. Images \
      are random, so that no data set is needed. Each row is measured in a separate process, whose \
      peak memory includes the images (--images of them, as bytes).

      The JSON file holds an array of objects: network, batch, threads, trainImagesPerSecond, \
      predictImagesPerSecond, latencyMicroseconds (the median), latencyP99Microseconds, \
      peakMemoryBytes. Rates are medians of the repeats.
      """)

  @Option(parsing: .upToNextOption, help: "The networks. (default: all)")
  var networks: [BenchmarkNetwork] = []

  @Option(parsing: .upToNextOption, help: "The batch size.")
  var batches = [100, 32, 500]

  @Option(parsing: .upToNextOption, help: "The numbers of threads. (default: 1 to all cores)")
  var threads: [Int] = []

  @OptionGroup var effort: Effort

  @Option(help: "Write the results to a JSON file.", completion: .file())
  var json: String?

  func validate() throws {
    guard batches.allSatisfy({ (1...100_000).contains($0) }) else {
      throw ValidationError("--batches must be from 1 to 100000.")
    }
    guard threads.allSatisfy({ (1...1_024).contains($0) }) else {
      throw ValidationError("--threads must be from 1 to 1024.")
    }
    try PathArgument.validateWritable("--json", json)
  }

  func run() throws {
    Machine.printDescription()
    print(Measurement.heading)
    var measurements: [Measurement] = []
    for network in networks.isEmpty ? BenchmarkNetwork.allCases : networks {
      for batch in batches {
        for threads in threads.isEmpty ? Array(1...ThreadPool.availableCores) : threads {
          let arguments = ["measure", network.rawValue, "\(batch)", "\(threads)"]
          let output = try OwnProgram.run(arguments + effort.arguments)
          let measurement = try JSONDecoder().decode(Measurement.self, from: output)
          print(measurement.line)
          // Rows appear one by one, also in a pipe.
          fflush(nil)
          measurements.append(measurement)
        }
      }
    }
    guard let json else { return }
    try JSONFile.write(measurements, to: URL(fileURLWithPath: json))
  }
}

/// Runs this program, or one in the same folder, in another process.
enum OwnProgram {
  /// The process failed and has printed its error.
  struct Failure: Error, CustomStringConvertible {
    let arguments: [String]
    let status: Int32
    var description: String { "\(arguments.joined(separator: " ")): ended with status \(status)" }
  }

  /// Returns the standard output; the standard error is inherited.
  ///
  /// - Parameter program: The name of the program's file; nil for this one.
  static func run(_ arguments: [String], program: String? = nil) throws -> Data {
    let process = Process()
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.executableURL =
      program.map { own.deletingLastPathComponent().appending(path: $0) } ?? own
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(arguments: arguments, status: process.terminationStatus)
    }
    return output
  }
}
