public import Foundation
public import Pinion

extension Experiment {
  /// What the commands do: the table of layers if only that was asked for, else the experiment, with
  /// one-hot targets.
  ///
  /// - Parameters:
  ///   - dataset: The data set's name, as in `fashion-mnist`.
  ///   - network: The network's name, as in `cnn`.
  ///   - definition: The network.
  ///   - options: How to train it.
  ///   - files: Finds the data set's files in a folder, or in the usual places.
  ///   - load: Reads them.
  ///
  /// Throws what these and the training throw.
  public static func run(
    dataset: String, network: String, definition: Sequential, options: ExperimentOptions,
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
      dataset: dataset, network: network, files: files(directory).all,
      training: training.oneHot(), test: test.oneHot(), definition: definition, options: options
    ).run()
  }
}
