internal import ArgumentParser
internal import ExampleSupport
internal import Foundation
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
  var model = Network.cnn

  @OptionGroup var options: ExperimentOptions

  func run() throws {
    let definition = try model.definition
    if options.summary {
      print(definition.summary())
      return
    }
    let files = try FashionMNIST.files(in: options.dataDirectory)
    let (training, test) = try FashionMNIST.load(from: options.dataDirectory)
    try Experiment(
      dataset: "fashion-mnist", network: model.rawValue, files: files.all,
      training: training.oneHot(), test: test.oneHot(), definition: definition, options: options
    ).run()
  }
}
