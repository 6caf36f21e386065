import ArgumentParser
import BenchmarkNetworks
import CommandArguments
import Foundation
import Pinion

/// Measures training and prediction of networks.
@main struct TrainBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "train-benchmark",
    abstract: "Measures training and prediction of networks.",
    subcommands: [
      TableCommand.self, MeasureCommand.self, ServeCommand.self, ExportCommand.self,
      FirstPredictionCommand.self, ScaleCommand.self, MeasureScaleCommand.self, FilesCommand.self,
      CheckCommand.self,
    ],
    defaultSubcommand: TableCommand.self)

  static func main() { Program.run(Self.self) }
}

/// The duration, the number of repetitions, and the number of images.
struct Effort: ParsableArguments {
  @Option(help: "The duration of each measurement in seconds.")
  var seconds = 1.0

  @Option(help: "The number of repetitions, of which the median is reported.")
  var repeats = 3

  @Option(help: "The number of training images.")
  var images = 10_000

  func validate() throws {
    guard 0.001...3_600 ~= seconds else {
      throw ValidationError("--seconds must be from 0.001 to 3600.")
    }
    guard 1...1_000 ~= repeats else { throw ValidationError("--repeats must be from 1 to 1000.") }
    guard 1...1_000_000 ~= images else {
      throw ValidationError("--images must be from 1 to 1000000.")
    }
  }

  /// The same options for another process.
  var arguments: [String] {
    ["--seconds", "\(seconds)", "--repeats", "\(repeats)", "--images", "\(images)"]
  }
}

/// Writes a network with initial weights to a file.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a network with initial weights to a file.")

  @Argument(help: "The network.") var network: BenchmarkNetwork
  @Argument(help: "The safetensors file to write.", completion: .file()) var file: String

  func run() throws {
    try Model(network.graph, loss: .categoricalCrossEntropy)
      .saveWeights(to: URL(fileURLWithPath: file))
  }
}

/// Loads a network from a file and predicts one image, as a short-lived program would.
struct FirstPredictionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "first-prediction",
    abstract: "Loads a network from a file, predicts one image, and prints its class.",
    discussion: """
      Benchmarks/peers/first_prediction.py measures the time from the start of the process to its \
      output, and compares it with other libraries.
      """)

  @Argument(help: "The safetensors file of the network.", completion: .file()) var file: String

  func run() throws {
    let model = try Model(contentsOf: URL(fileURLWithPath: file))
    let image = Tensor(repeating: 0.5, shape: model.graph.inputShape.prepending(1))
    let output = try model.predict(image).elements
    print(output.indices.max { output[$0] < output[$1] } ?? 0)
  }
}
