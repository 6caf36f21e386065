import ArgumentParser
import ExampleNetworks
import Foundation
import Pinion

/// Writes a network with first weights to a file.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Writes a network with first weights to a file.")

  @Argument(help: "The network.") var network: ReportNetwork
  @Argument(help: "The safetensors file to write.", completion: .file()) var file: String

  func run() throws {
    try Model(network.definition, loss: .categoricalCrossEntropy)
      .saveWeights(to: URL(fileURLWithPath: file))
  }
}
