public import ArgumentParser
public import CommandArguments
public import Foundation
public import Pinion
internal import PinionTensor

/// The options that all examples share.
public struct ExperimentOptions: ParsableArguments {
  /// The update rules to choose from.
  public enum OptimizerName: String, ExpressibleByArgument, CaseIterable, Sendable {
    /// Adam.
    case adam
    /// Nadam.
    case nadam
    /// Stochastic gradient descent with momentum 0.9.
    case sgd
  }

  /// The largest number of epochs.
  @Option(help: "The largest number of epochs.")
  public var epochs = 10

  /// Images a step.
  @Option(help: "Images a step.")
  public var batchSize = 100

  /// The update rule.
  @Option(help: "The update rule.")
  public var optimizer = OptimizerName.adam

  /// The learning rate.
  @Option(help: "The learning rate.")
  public var learningRate = 0.001

  /// How the learning rate goes on from there.
  @Option(
    help: ArgumentHelp(
      "How the learning rate goes on from there. \(ScheduleArgument.help)", valueName: "schedule"),
    transform: { try ScheduleArgument(parsing: $0) })
  public var schedule = ScheduleArgument.constant

  /// Random changes of the training images, in their order.
  @Option(
    help: ArgumentHelp(
      "A random change of the training images, once for each; in their order. \(AugmentationArgument.help)",
      valueName: "change"), transform: { try AugmentationArgument(parsing: $0) })
  public var augment: [AugmentationArgument] = []

  /// Whether each channel gets the mean 0 and the deviation 1 over the training images.
  @Flag(help: "Give each channel the mean 0 and the deviation 1 over the training images.")
  public var standardize = false

  /// Epochs without a better validation loss, or training loss without validation, after which training stops.
  @Option(help: "Epochs without a better validation loss after which training stops.")
  public var patience = 3

  /// The part of the training images to validate on, taken from their end; 0 for no validation.
  @Option(
    help: "The part of the training images to validate on, taken from their end; 0 for none.")
  public var validationSplit = 0.1

  /// What all random numbers depend on.
  @Option(help: "What all random numbers depend on.")
  public var seed: UInt64 = 0

  /// Threads that train; nil for one a core.
  @Option(help: "Threads that train. (default: one a core)")
  public var threads: Int?

  /// The folder of the data set's files.
  @OptionGroup public var data: DataOption

  /// How many of the first training images to use; nil for all.
  @Option(help: "Train on the first N images only.")
  public var limit: Int?

  /// The folder for weights, history and the run's page; nil for one named after the run.
  @Option(
    help: "The folder for weights, history and the page. (default: runs/<data set>-<model>)",
    completion: .directory)
  public var output: String?

  /// Whether to go on from the checkpoint in the output folder.
  @Flag(help: "Go on from the checkpoint in the output folder, if there is one.")
  public var resume = false

  /// Batches after which a checkpoint is written; nil for one an epoch.
  @Option(help: "Batches after which a checkpoint is written. (default: one an epoch)")
  public var checkpointEvery: Int?

  /// Whether to print the table of layers and stop.
  @Flag(help: "Print the table of layers and stop.")
  public var summary = false

  /// The file for the results, if any.
  @Option(help: "Write the results as JSON.", completion: .file(extensions: ["json"]))
  public var json: String?

  /// Options at their defaults.
  public init() {}

  /// Checks what does not depend on the data.
  public func validate() throws {
    try CommandLineEncoding.validate()
    func require(_ condition: Bool, _ message: String) throws {
      if !condition { throw ValidationError(message) }
    }
    try require(epochs >= 1, "--epochs must be at least 1, not \(epochs).")
    try require(
      (1...100_000).contains(batchSize), "--batch-size must be from 1 to 100000, not \(batchSize).")
    // What is no positive number in single precision, in which steps are taken, is none here.
    try require(
      Float(learningRate) > 0 && Float(learningRate).isFinite,
      "--learning-rate must be a positive number that single precision holds, not \(learningRate).")
    try require(patience >= 0, "--patience must not be negative, but is \(patience).")
    try require(
      validationSplit >= 0 && validationSplit < 1,
      "--validation-split must be at least 0 and below 1, not \(validationSplit).")
    let most = ThreadPool.threadLimit
    try require(
      threads.map { (1...most).contains($0) } ?? true, "--threads must be from 1 to \(most).")
    try require(
      checkpointEvery.map { $0 >= 1 } ?? true, "--checkpoint-every must be at least 1.")
    try require(limit.map { $0 >= 2 } ?? true, "--limit must be at least 2.")
    // Before the data are read, which may fail for want of address space in less clear a way.
    try Resources.requireAddressSpace(threads: threads ?? ThreadPool.availableCores)
  }

  /// The random changes, one after the other.
  public var augmentation: Augmentation { Augmentation(augment.map(\.step)) }

  /// The random changes in words.
  var augmentationText: String {
    augment.isEmpty ? "none" : augment.map(\.description).joined(separator: ", ")
  }

  /// The folder of the data, if one was named.
  public var dataDirectory: URL? { data.folder }
}
