internal import ArgumentParser
internal import CommandArguments
internal import ExampleNetworks
internal import ExampleSupport
internal import Pinion

/// Trains the report's network on CIFAR-100.
@main
struct CIFAR100Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cifar100",
    abstract: "Train a network on CIFAR-100 and evaluate it.",
    discussion: """
      The data, in the layout of cifar-100-binary.tar.gz, are searched for in --data, \
      $PINION_DATASETS and the user's cache. Ctrl-C stops training after the current batch and \
      saves the weights.
      """)

  @Option(help: "The network.")
  var model = CIFAR100Network.personal

  @OptionGroup var options: ExperimentOptions

  static func main() { Program.run(Self.self) }

  func run() throws {
    let labels = CIFAR100.coarseLabels
    let groups = CIFAR100.classNames(.coarse).enumerated().map { group, name in
      ClassGroup(name, classes: labels.indices.filter { labels[$0] == group })
    }
    try Experiment.run(
      dataset: "cifar100", datasetTitle: "CIFAR-100", network: model.rawValue,
      networkTitle: model.title, graph: model.graph(for:),
      recipe: model.recipe, classGroups: groups, options: options,
      files: { try CIFAR100.files(in: $0) },
      load: { try CIFAR100.load(from: $0) })
  }
}
