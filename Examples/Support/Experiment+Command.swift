public import Foundation
public import Pinion

extension Experiment {
  /// What the commands do: the table of layers if only that was asked for, else the experiment, with
  /// one-hot targets.
  ///
  /// - Parameters:
  ///   - dataset: The data set's name, as in `fashion-mnist`.
  ///   - datasetTitle: What its page calls it, as in `Fashion-MNIST`.
  ///   - network: The network's name, as in `cnn`.
  ///   - networkTitle: What its page calls it, as in `CNN`.
  ///   - definition: The network.
  ///   - classGroups: Classes to put side by side in the confusion matrix. Default: none.
  ///   - options: How to train it.
  ///   - files: Finds the data set's files in a folder, or in the usual places.
  ///   - load: Reads them.
  ///
  /// Throws what these and the training throw.
  public static func run(
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
