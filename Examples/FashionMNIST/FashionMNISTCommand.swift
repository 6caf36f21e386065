internal import ArgumentParser
internal import CommandArguments
internal import ExampleNetworks
internal import ExampleSupport
internal import Pinion

/// Trains one of the report's networks on Fashion-MNIST.
@main
struct FashionMNISTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fashion-mnist",
    abstract: "Train a network on Fashion-MNIST and evaluate it.",
    discussion: """
      The data are searched for in --data, $PINION_DATASETS, the user's cache and the folder of \
      Debian's package dataset-fashion-mnist. Ctrl-C stops training after the current batch and \
      saves the weights.
      """)

  @Option(help: "The network.")
  var model = FashionMNISTNetwork.cnn

  @OptionGroup var options: ExperimentOptions

  static func main() { Program.run(Self.self) }

  func run() throws {
    try Experiment.run(
      dataset: "fashion-mnist", datasetTitle: "Fashion-MNIST", network: model.rawValue,
      networkTitle: model.title,
      graph: model.graph(for:), recipe: model.recipe, options: options,
      files: { try FashionMNIST.files(in: $0) },
      load: { try FashionMNIST.load(from: $0) })
  }
}
