public import ArgumentParser
public import CommandArguments
public import ExampleNetworks
public import Foundation
internal import Pinion
internal import PinionDistributed
internal import PinionTensor

/// Options of all examples.
public struct ExperimentOptions: ParsableArguments {
  public enum NormalizedPart: String, ExpressibleByArgument, CaseIterable, Sendable {
    case rows
    case channels

    var axis: Int { self == .rows ? 1 : 3 }
  }

  @Option(help: "The number of epochs, in which the schedule ends.")
  public var epochs: Int?

  @Option(help: "The batch size.")
  public var batchSize: Int?

  @Option(help: "The optimizer.")
  public var optimizer: Recipe.OptimizerName?

  @Option(help: "The first learning rate.")
  public var learningRate: Double?

  @Option(
    help: ArgumentHelp(
      "The learning-rate schedule: \(ScheduleArgument.help)", valueName: "schedule"),
    transform: { try ScheduleArgument(parsing: $0) })
  public var schedule: ScheduleArgument?

  @Option(help: "Epochs in which the learning rate rises from 0, before the schedule.")
  public var warmUp: Int?

  @Option(help: "The decoupled decay of kernels; 0 for none.")
  public var weightDecay: Double?

  @Option(
    help: """
      The momentum of a moving average of the weights, which is validated and kept; 0 for none.
      """)
  public var averaging: Double?

  @Option(help: "The part of a target that is spread over all classes; 0 for none.")
  public var labelSmoothing: Double?

  @Option(help: "The rate of the dropout layers behind poolings.")
  public var dropout: Double?

  @Option(help: "The rate of the dropout layer behind the hidden dense layer.")
  public var denseDropout: Double?

  @Option(
    help: """
      Whether the personal networks normalize each row of an image, as the report, or each channel.
      """)
  public var normalization: NormalizedPart?

  @Option(
    help: ArgumentHelp(
      """
      An augmentation step; repeat the option for several. \(AugmentationArgument.help) none \
      alone for no augmentation.
      """,
      valueName: "step"), transform: { try AugmentationArgument(parsing: $0) })
  public var augment: [AugmentationArgument] = []

  @Flag(
    help: "Standardize each channel to mean 0 and standard deviation 1 over the training images.")
  public var standardize = false

  /// Without validation data, training does not stop early.
  @Option(help: "Stop after this many epochs without a lower validation loss.")
  public var patience: Int?

  /// The fraction of the training images used for validation, taken from the end; 0 for none.
  @Option(
    help: "The fraction of training images for validation, taken from the end; 0 for none.")
  public var validationSplit: Double?

  @Option(
    help: """
      What the outputs for a test image are averaged over: the original, that and the flipped one,
      or these two and both shifted by a pixel in four directions.
      """)
  public var testViews: Recipe.TestViews?

  @Option(help: "The seed of all random numbers.")
  public var seed: UInt64 = 0

  /// Nil for one per core.
  @Option(help: "The number of threads. (default: one per core)")
  public var threads: Int?

  @Flag(
    help: """
      Train on all ranks that mpirun or srun started, to the bits of one process. --batch-size is \
      that of all ranks together.
      """)
  public var distributed = false

  @Option(help: "The seconds after which a rank that waits for another one ends the job.")
  public var rankTimeout = 300

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
    func require<Value>(
      _ value: Value?, _ condition: (Value) -> Bool, _ message: (Value) -> String
    ) throws {
      if let value { try require(condition(value), message(value)) }
    }
    try require(epochs, { $0 >= 1 }, { "--epochs must be at least 1, not \($0)." })
    try require(
      batchSize, (1...100_000).contains, { "--batch-size must be from 1 to 100000, not \($0)." })
    // The learning rate must be positive in single precision, which updates use.
    try require(
      learningRate, { Float($0) > 0 && Float($0).isFinite },
      { "--learning-rate must be positive and finite in single precision, not \($0)." })
    try require(
      warmUp, (0...1_000_000).contains, { "--warm-up must be from 0 to 1000000, not \($0)." })
    try require(
      weightDecay, { $0 >= 0 && Float($0).isFinite },
      { "--weight-decay must be at least 0 and finite in single precision, not \($0)." })
    for (option, value) in [
      ("averaging", averaging), ("label-smoothing", labelSmoothing), ("dropout", dropout),
      ("dense-dropout", denseDropout), ("validation-split", validationSplit),
    ] {
      try require(
        value, { $0 >= 0 && $0 < 1 }, { "--\(option) must be at least 0 and below 1, not \($0)." })
    }
    try require(patience, { $0 >= 0 }, { "--patience must be at least 0, not \($0)." })
    let most = ThreadPool.threadLimit
    try require(
      threads.map { (1...most).contains($0) } ?? true, "--threads must be from 1 to \(most).")
    try require(rankTimeout >= 1, "--rank-timeout must be at least 1.")
    try require(
      checkpointEvery.map { $0 >= 1 } ?? true, "--checkpoint-every must be at least 1.")
    try require(limit.map { $0 >= 2 } ?? true, "--limit must be at least 2.")
    for (option, path) in [("--output", output), ("--evaluate", evaluate), ("--json", json)] {
      try PathArgument.validate(option, path)
    }
    try augment.validate()
    try require(
      evaluate == nil || !resume, "--evaluate trains nothing that --resume could continue.")
    // Before the data are read, because later failures for lack of address space have less clear
    // messages.
    try Resources.requireAddressSpace(threads: threads ?? ThreadPool.availableCores)
  }

  /// Validates what depends on the network, but not on the data.
  ///
  /// - Parameters:
  ///   - network: The value of `--model`.
  ///   - recipe: The network's recipe with the values of the command line.
  ///   - graph: The network for a recipe.
  ///
  /// - Throws: `ValidationError` for options that the network does not use, which has the same
  ///   graph with other values of them, for `--patience` beside `--validation-split 0`, and for
  ///   augmentation steps that do not suit the network's images; the errors of `graph`.
  func validate(
    network: String, recipe: Recipe, graph: (Recipe) throws -> Graph
  ) throws {
    let given = try graph(recipe)
    func requireUse(
      _ option: String, _ isGiven: Bool, _ change: (inout Recipe) -> Void
    ) throws {
      guard isGiven else { return }
      var other = recipe
      change(&other)
      guard try graph(other) == given else { return }
      throw ValidationError("--model \(network) does not use \(option).")
    }
    try requireUse("--dropout", dropout != nil) { $0.dropout = $0.dropout > 0 ? 0 : 0.5 }
    try requireUse("--dense-dropout", denseDropout != nil) {
      $0.denseDropout = $0.denseDropout > 0 ? 0 : 0.5
    }
    try requireUse("--normalization", normalization != nil) {
      let other: NormalizedPart = normalization == .rows ? .channels : .rows
      $0.normalizationAxis = other.axis
    }
    guard patience == nil || validationSplit != 0 else {
      throw ValidationError(
        "--patience needs validation images, of which --validation-split 0 leaves none.")
    }
    try recipe.augment.validate(inputShape: given.inputShape, targetShape: given.outputShape)
  }

  /// A network's recipe with the values of the command line.
  func recipe(_ defaults: Recipe) -> Recipe {
    var recipe = defaults
    recipe.epochs = epochs ?? recipe.epochs
    recipe.batchSize = batchSize ?? recipe.batchSize
    recipe.optimizer = optimizer ?? recipe.optimizer
    recipe.learningRate = learningRate ?? recipe.learningRate
    recipe.schedule = schedule ?? recipe.schedule
    recipe.warmUp = warmUp ?? recipe.warmUp
    recipe.weightDecay = weightDecay ?? recipe.weightDecay
    recipe.averaging = averaging ?? recipe.averaging
    recipe.labelSmoothing = labelSmoothing ?? recipe.labelSmoothing
    recipe.dropout = dropout ?? recipe.dropout
    recipe.denseDropout = denseDropout ?? recipe.denseDropout
    recipe.normalizationAxis = normalization?.axis ?? recipe.normalizationAxis
    recipe.patience = patience ?? recipe.patience
    recipe.validationSplit = validationSplit ?? recipe.validationSplit
    recipe.testViews = testViews ?? recipe.testViews
    if !augment.isEmpty { recipe.augment = augment }
    return recipe
  }

  public var dataDirectory: URL? { data.folder }

  /// The threads of this process: on several ranks, by default its part of the machine's cores.
  var rankThreads: Int? {
    guard threads == nil, distributed else { return threads }
    return max(1, ThreadPool.availableCores / MPICommunicator.localSize)
  }
}
