public import ArgumentParser
public import CommandArguments
public import Foundation
public import Pinion
internal import PinionTensor

/// Options of all examples.
public struct ExperimentOptions: ParsableArguments {
  public enum OptimizerName: String, ExpressibleByArgument, CaseIterable, Sendable {
    case adam
    case nadam
    /// Stochastic gradient descent with momentum 0.9.
    case sgd
  }

  @Option(help: "The largest number of epochs.")
  public var epochs = 10

  @Option(help: "The batch size.")
  public var batchSize = 100

  @Option(help: "The optimizer.")
  public var optimizer = OptimizerName.adam

  /// The initial learning rate.
  @Option(help: "The initial learning rate.")
  public var learningRate = 0.001

  @Option(
    help: ArgumentHelp(
      "The learning-rate schedule: \(ScheduleArgument.help)", valueName: "schedule"),
    transform: { try ScheduleArgument(parsing: $0) })
  public var schedule = ScheduleArgument.constant

  @Option(
    help: ArgumentHelp(
      "An augmentation step; repeat the option for several. \(AugmentationArgument.help)",
      valueName: "step"), transform: { try AugmentationArgument(parsing: $0) })
  public var augment: [AugmentationArgument] = []

  @Flag(
    help: "Standardize each channel to mean 0 and standard deviation 1 over the training images.")
  public var standardize = false

  /// The number of epochs without a lower validation loss (training loss without validation data)
  /// after which training stops.
  @Option(help: "Stop after this many epochs without a lower validation loss.")
  public var patience = 3

  /// The fraction of the training images used for validation, taken from the end; 0 for none.
  @Option(
    help: "The fraction of training images for validation, taken from the end; 0 for none.")
  public var validationSplit = 0.1

  @Option(help: "The seed of all random numbers.")
  public var seed: UInt64 = 0

  /// Nil for one per core.
  @Option(help: "The number of threads. (default: one per core)")
  public var threads: Int?

  @OptionGroup public var data: DataOption

  /// Nil for all.
  @Option(help: "Train on the first N images only.")
  public var limit: Int?

  /// Nil for `runs/<data set>-<model>`.
  @Option(
    help: "The folder for weights, history and report. (default: runs/<data set>-<model>)",
    completion: .directory)
  public var output: String?

  @Flag(help: "Resume from the checkpoint in the output folder, if there is one.")
  public var resume = false

  /// Nil for one checkpoint per epoch.
  @Option(help: "Write a checkpoint after this many batches. (default: after each epoch)")
  public var checkpointEvery: Int?

  @Flag(help: "Print a summary of the network and exit.")
  public var summary = false

  /// Nil to train.
  @Option(
    help: "Evaluate these weights on the test images instead of training.",
    completion: .file(extensions: ["safetensors"]))
  public var evaluate: String?

  @Option(help: "Write the results to a JSON file.", completion: .file(extensions: ["json"]))
  public var json: String?

  public init() {}

  /// Validates what does not depend on the data.
  public func validate() throws {
    try CommandLineEncoding.validate()
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw ValidationError(message) }
    }
    try require(epochs >= 1, "--epochs must be at least 1, not \(epochs).")
    try require(
      (1...100_000).contains(batchSize), "--batch-size must be from 1 to 100000, not \(batchSize).")
    // The learning rate must be positive in single precision, which updates use.
    try require(
      Float(learningRate) > 0 && Float(learningRate).isFinite,
      "--learning-rate must be positive and finite in single precision, not \(learningRate).")
    try require(patience >= 0, "--patience must be at least 0, not \(patience).")
    try require(
      validationSplit >= 0 && validationSplit < 1,
      "--validation-split must be at least 0 and below 1, not \(validationSplit).")
    let most = ThreadPool.threadLimit
    try require(
      threads.map { (1...most).contains($0) } ?? true, "--threads must be from 1 to \(most).")
    try require(
      checkpointEvery.map { $0 >= 1 } ?? true, "--checkpoint-every must be at least 1.")
    try require(limit.map { $0 >= 2 } ?? true, "--limit must be at least 2.")
    // The name of the current folder, which a variable that is not set would fill with files.
    try require(output?.isEmpty != true, "--output must not be empty.")
    try require(
      evaluate == nil || !resume, "--evaluate trains nothing that --resume could continue.")
    try require(evaluate?.isEmpty != true, "--evaluate must not be empty.")
    // Before the data are read, because later failures for lack of address space have less clear
    // messages.
    try Resources.requireAddressSpace(threads: threads ?? ThreadPool.availableCores)
  }

  public var augmentation: Augmentation { Augmentation(augment.map(\.step)) }

  var augmentationText: String {
    augment.isEmpty ? "none" : augment.map(\.description).joined(separator: ", ")
  }

  public var dataDirectory: URL? { data.folder }
}
