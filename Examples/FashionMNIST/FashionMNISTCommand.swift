internal import ArgumentParser
internal import CommandArguments
internal import ExampleNetworks
internal import ExampleSupport
internal import Pinion

/// Trains one of the report's three networks on Fashion-MNIST.
@main
struct FashionMNISTCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fashion-mnist",
    abstract: "Train a network on Fashion-MNIST and measure it on the test images.",
    discussion: """
      The data are looked for in --data, in $PINION_DATASETS, in the user's cache and where \
      Debian's package dataset-fashion-mnist puts them. Ctrl-C ends training after the batch \
      and saves the weights.
      """)

  @Option(help: "The network.")
  var model = FashionMNISTNetwork.cnn

  @OptionGroup var options: ExperimentOptions

  static func main() { Program.run(Self.self) }

  func run() throws {
    try Experiment.run(
      dataset: "fashion-mnist", datasetTitle: "Fashion-MNIST", network: model.rawValue,
      networkTitle: model.title,
      definition: model.definition, options: options, files: { try FashionMNIST.files(in: $0) },
      load: { try FashionMNIST.load(from: $0) })
  }
}
