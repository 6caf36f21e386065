import ArgumentParser
import Foundation
import Pinion

/// Reads a network from a file and predicts one image: what a program that is started for one picture does.
struct FirstPredictionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "first-prediction",
    abstract: "Reads a network from a file, predicts one image, and prints its class.",
    discussion: """
      Benchmarks/peers/first_prediction.py measures the time from the start of the process to the \
      line that it prints, beside other libraries.
      """)

  @Argument(help: "The safetensors file of the network.", completion: .file()) var file: String

  func run() throws {
    let model = try Model(contentsOf: URL(fileURLWithPath: file))
    let image = Tensor(repeating: 0.5, shape: model.graph.inputShape.prepending(1))
    let output = try model.predict(image).elements
    print(output.indices.max { output[$0] < output[$1] } ?? 0)
  }
}
