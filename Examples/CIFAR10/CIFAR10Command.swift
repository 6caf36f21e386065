internal import ArgumentParser
internal import CommandArguments
internal import ExampleNetworks
internal import ExampleSupport
internal import Pinion

/// Trains one of the report's networks on CIFAR-10.
@main
struct CIFAR10Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cifar10",
    abstract: "Train a network on CIFAR-10 and evaluate it.",
    discussion: """
      The data, in the layout of cifar-10-binary.tar.gz, are searched for in --data, \
      $PINION_DATASETS and the user's cache. Ctrl-C stops training after the current batch and \
      saves the weights.
      """)

  @Option(help: "The network.")
  var model = CIFAR10Network.cnn

  @OptionGroup var options: ExperimentOptions

  static func main() { Program.run(Self.self) }

  func run() throws {
    try Experiment.run(
      dataset: "cifar10", datasetTitle: "CIFAR-10", network: model.rawValue,
      networkTitle: model.title,
      graph: model.graph(for:), recipe: model.recipe, options: options,
      files: { try CIFAR10.files(in: $0) },
      load: { try CIFAR10.load(from: $0) })
  }
}
