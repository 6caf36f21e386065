import ArgumentParser
import BenchmarkNetworks
import Foundation
import Pinion

/// Measures on request, for comparisons with other libraries.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Measures one network on request.",
    discussion: """
      Prints a line of JSON {"parameters": …, "description": …} when ready. Then each line read \
      from standard input is answered by one: "train SECONDS" and "predict SECONDS" by images per \
      second, "latency THREADS SECONDS" by the median for one image in microseconds. Ends at the \
      end of the input.
      """)

  @Argument(help: "The network.") var network: BenchmarkNetwork
  @Option(help: "The batch size.") var batch = 100
  @Option(help: "The number of threads.") var threads = ThreadPool.availableCores
  @Option(help: "The number of training images.") var images = 10_000

  func validate() throws {
    guard 1...100_000 ~= batch else { throw ValidationError("--batch must be from 1 to 100000.") }
    guard 1...1_024 ~= threads else { throw ValidationError("--threads must be from 1 to 1024.") }
    guard 1...1_000_000 ~= images else {
      throw ValidationError("--images must be from 1 to 1000000.")
    }
  }

  func run() throws {
    let subject = try Subject(network, batch: batch, threads: threads, images: images)
    let ready: [String: Any] = [
      "parameters": subject.model.graph.parameterCounts.total,
      "description": "OpenBLAS \(BLAS.version), kernels for \(BLAS.core)",
    ]
    try answer(String(decoding: JSONSerialization.data(withJSONObject: ready), as: UTF8.self))
    while let line = readLine() { try answer("\(reply(to: line, subject))") }
  }

  private func reply(to line: String, _ subject: Subject) throws -> Double {
    let words = line.split(separator: " ")
    let numbers = words.dropFirst().compactMap { Double($0) }
    guard numbers.allSatisfy({ (0...3_600).contains($0) }) else {
      throw ValidationError("expected numbers from 0 to 3600: \(line)")
    }
    switch (words.first, numbers.count) {
    case ("train", 1): return try subject.trainingRate(seconds: numbers[0])
    case ("predict", 1): return try subject.predictionRate(seconds: numbers[0])
    case ("latency", 2):
      return try subject.latencies(threads: max(1, Int(numbers[0])), seconds: numbers[1]).quantile(
        0.5)
    default: throw ValidationError("unknown command: \(line)")
    }
  }

  private func answer(_ line: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data("\(line)\n".utf8))
  }
}
