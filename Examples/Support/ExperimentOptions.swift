public import ArgumentParser
public import Foundation
internal import Pinion

/// The options that all examples share.
public struct ExperimentOptions: ParsableArguments {
  /// The update rules to choose from.
  enum OptimizerName: String, ExpressibleByArgument, CaseIterable, Sendable {
    case adam, nadam, sgd
  }

  @Option(help: "The largest number of epochs.")
  var epochs = 10

  @Option(help: "Images a step.")
  var batchSize = 100

  @Option(help: "The update rule.")
  var optimizer = OptimizerName.adam

  @Option(help: "The learning rate.")
  var learningRate = 0.001

  @Option(help: "Epochs without a better validation loss after which training stops.")
  var patience = 3

  @Option(help: "The part of the training images to validate on, taken from their end.")
  var validationSplit = 0.1

  @Option(help: "What all random numbers depend on.")
  var seed: UInt64 = 0

  @Option(help: "Threads that train. (default: one a core)")
  var threads: Int?

  @Option(help: "The folder of the data set's files.", completion: .directory)
  var data: String?

  @Option(help: "Train on the first N images only.")
  var limit: Int?

  @Option(
    help: "The folder for weights and history. (default: runs/<data set>-<model>)",
    completion: .directory)
  var output: String?

  /// Whether to show the network instead of training it.
  @Flag(help: "Print the table of layers and stop.")
  public var summary = false

  @Option(help: "Write the results as JSON.", completion: .file(extensions: ["json"]))
  var json: String?

  /// Options at their defaults.
  public init() {}

  /// Checks what does not depend on the data.
  public func validate() throws {
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw ValidationError(message) }
    }
    try require(epochs >= 1, "--epochs must be at least 1, not \(epochs).")
    try require(batchSize >= 1, "--batch-size must be at least 1, not \(batchSize).")
    try require(
      learningRate > 0 && learningRate.isFinite,
      "--learning-rate must be a positive number, not \(learningRate).")
    try require(patience >= 0, "--patience must not be negative, but is \(patience).")
    try require(
      validationSplit > 0 && validationSplit < 1,
      "--validation-split must be between 0 and 1, not \(validationSplit).")
    try require(
      threads.map { (1...1_024).contains($0) } ?? true, "--threads must be between 1 and 1024.")
    try require(limit.map { $0 >= 2 } ?? true, "--limit must be at least 2.")
  }

  /// The folder of the data, if one was named.
  public var dataDirectory: URL? { data.map { URL(fileURLWithPath: $0, isDirectory: true) } }
}
