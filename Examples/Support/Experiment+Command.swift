package import Foundation
package import Pinion

extension Experiment {
  /// Implements the examples' commands: prints the summary with `--summary`, otherwise loads the
  /// data with one-hot targets and runs the experiment.
  ///
  /// - Parameters:
  ///   - dataset: An identifier, such as `fashion-mnist`.
  ///   - datasetTitle: The display name, such as `Fashion-MNIST`.
  ///   - network: An identifier, such as `cnn`.
  ///   - networkTitle: The display name, such as `CNN`.
  ///   - definition: The network.
  ///   - classGroups: Classes to outline in the confusion matrix. Default: none.
  ///   - options: The command-line options.
  ///   - files: Finds the data set's files in a folder, or in the standard folders for nil.
  ///   - load: Reads these files.
  ///
  /// - Throws: The errors of `files`, `load`, and training.
  package static func run(
    dataset: String, datasetTitle: String, network: String, networkTitle: String,
    definition: Sequential, classGroups: [ClassGroup] = [], options: ExperimentOptions,
    files: (URL?) throws -> DatasetFiles,
    load: (URL?) throws -> (train: ImageDataset, test: ImageDataset)
  ) throws {
    if options.summary {
      print(definition.summary())
      return
    }
    let directory = options.dataDirectory
    let (training, test) = try load(directory)
    try Experiment(
      dataset: dataset, datasetTitle: datasetTitle, network: network, networkTitle: networkTitle,
      files: files(directory).all, training: training.oneHot(), test: test.oneHot(),
      definition: definition, classGroups: classGroups, options: options
    ).run()
  }
}
