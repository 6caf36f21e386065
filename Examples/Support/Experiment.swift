internal import ArgumentParser
public import ExampleNetworks
public import Foundation
public import Pinion
internal import PinionDistributed
internal import PinionTensor

/// Trains and evaluates a network on a data set, and writes the results.
public struct Experiment {
  /// An identifier, such as `fashion-mnist`.
  public let dataset: String
  /// The display name, such as `Fashion-MNIST`.
  public let datasetTitle: String
  /// An identifier, such as `cnn`.
  public let network: String
  /// The display name, such as `CNN`.
  public let networkTitle: String
  /// The data set's files, whose digest identifies the data.
  public let files: [URL]
  /// Training data, from which validation data are split.
  public let training: any Dataset
  public let test: ImageDataset
  public let graph: Graph
  /// Classes to outline in the confusion matrix.
  public let classGroups: [ClassGroup]
  public let options: ExperimentOptions
  /// The settings of the training: the network's with the values of the command line.
  public let recipe: Recipe
  /// The ranks that train together, if there are several.
  var ranks: MPICommunicator?

  public init(
    dataset: String, datasetTitle: String, network: String, networkTitle: String, files: [URL],
    training: any Dataset, test: ImageDataset, graph: Graph, classGroups: [ClassGroup],
    options: ExperimentOptions, recipe: Recipe
  ) {
    self.dataset = dataset
    self.datasetTitle = datasetTitle
    self.network = network
    self.networkTitle = networkTitle
    self.files = files
    self.training = training
    self.test = test
    self.graph = graph
    self.classGroups = classGroups
    self.options = options
    self.recipe = recipe
  }

  /// Trains, evaluates, and writes weights, history and report. Of several ranks, the first writes,
  /// and evaluates on test data.
  public func run() throws {
    let start = Date.now
    guard ranks.map({ $0.rank == 0 }) ?? true else { return try runAsFurtherRank() }
    let weightsFile = folder.appendingPathComponent(FileName.weights)
    // Fail before training if results could not be written, or if another run uses the folder; and
    // before anything is made if options do not suit the data.
    try validateJSON(in: folder, FileName.isOfRun)
    let (training, validation, test) = try prepared()
    try Folder.make(folder.path)
    let lock = try FileLock(folder: folder)
    defer { withExtendedLifetime(lock) {} }
    try AtomicFile.checkWritable(weightsFile)
    try ExperimentReport.checkWritable(folder)
    if let json = options.json { try AtomicFile.checkWritable(URL(fileURLWithPath: json)) }
    let model = try makeModel(samples: training.count)
    print(model.summary())
    let digest = try Digest.sha256(of: files)
    if let ranks, let library = ranks.library { print("\(ranks.size) ranks, \(library)") }
    print(
      "Training on \(training.count) images, validating on \(validation?.count ?? 0), "
        + "\(model.pool.threadCount) thread(s), OpenBLAS \(BLAS.version) (\(BLAS.core))")

    print("\(recipe)")

    let (history, stopping, meter, status) = try fit(model, training, validation, digest)
    try model.saveWeights(to: weightsFile)
    if let status {
      print(
        "Interrupted. Weights saved to \(PrintableText.escaped(weightsFile.relativePath)); "
          + "use --resume to continue.")
      var page = page(model, history, stopping, meter, start: start)
      page.isInterrupted = true
      try page.write(to: folder)
      throw ExitCode(status)
    }
    print("Weights saved to \(PrintableText.escaped(weightsFile.relativePath))\n")
    let results = try testResults(of: weightsFile, on: test)
    var page = page(model, history, stopping, meter, start: start)
    page.evaluation = results.evaluation
    try page.add(test: self.test, outputs: results.outputs)
    try page.write(to: folder)
    print(ClassificationReport(results.confusion).formatted(digits: 4))
    try writeJSON(
      model, history, stopping, results.evaluation, meter, digest, start)
    results.evaluation.printSummary()
  }

  /// The folder of the results.
  var folder: URL {
    URL(fileURLWithPath: options.output ?? "runs/\(dataset)-\(network)", isDirectory: true)
  }

  /// Data after the split, augmentation and standardization.
  func prepared() throws -> (
    training: any Dataset, validation: (any Dataset)?, test: any Dataset
  ) {
    let (images, validation) = try parts()
    var training: any Dataset = images
    if !recipe.augmentation.steps.isEmpty {
      training = try images.augmented(by: recipe.augmentation, seed: options.seed)
    }
    guard options.standardize else { return (training, validation, test) }
    let scaling = try Standardization(fitting: images)
    return (
      try training.standardized(by: scaling), try validation?.standardized(by: scaling),
      try test.standardized(by: scaling)
    )
  }

  /// Training and validation data.
  private func parts() throws -> (training: any Dataset, validation: (any Dataset)?) {
    var images = training
    if let limit = options.limit { images = training.prefix(limit) }
    guard recipe.validationSplit > 0 else { return (images, nil) }
    do {
      let parts = try images.split(validation: recipe.validationSplit)
      return (parts.training, parts.validation)
    } catch let error as ArgumentError {
      throw ValidationError("--validation-split: \(error).")
    }
  }

  /// Settings that must be equal to resume a run, besides those that `fit` itself compares.
  func checkedSettings(_ digest: String) -> [String: String] {
    [
      "SHA-256 of the data": digest,
      "--augment": recipe.augmentationText,
      "--schedule": "\(recipe.schedule)",
      "--standardize": options.standardize ? "yes" : "no",
      "--patience": "\(recipe.patience)",
      "--validation-split": "\(recipe.validationSplit)",
      "--limit": options.limit.map(String.init) ?? "none",
    ]
  }

  func makeModel(samples: Int) throws -> Model {
    func model(_ optimizer: some Optimizer) throws -> Model {
      try Model(
        graph, optimizer: optimizer,
        loss: .categoricalCrossEntropy(labelSmoothing: recipe.labelSmoothing), seed: options.seed,
        threads: options.rankThreads)
    }
    func averaged(_ optimizer: some Optimizer) throws -> Model {
      guard recipe.averaging > 0 else { return try model(optimizer) }
      return try model(
        ExponentialMovingAverage(optimizer, momentum: recipe.averaging, isUsedAtEpochEnd: true))
    }
    let rate = recipe.learningRate(samples: samples)
    let rules = recipe.decayRules
    return switch recipe.optimizer {
    case .adam: try averaged(Adam(learningRate: rate, parameterRules: rules))
    case .nadam: try averaged(Nadam(learningRate: rate, parameterRules: rules))
    case .sgd:
      try averaged(
        SGD(learningRate: rate, momentum: 0.9, nesterov: true, parameterRules: rules))
    case .muon:
      try averaged(
        Muon(
          learningRate: rate, momentum: 0.9, rootMeanSquareRate: nil,
          excludedNames: graph.layers.filter { $0.layer is Dense }.map(\.name),
          adamRateRatio: 0.03, adamWeightDecay: nil, weightDecay: nil, weightNormRatio: 1,
          parameterRules: rules))
    }
  }

  /// Names the program without its folder, which differs between machines.
  package static func provenance(_ start: Date = .now) -> RunProvenance {
    let arguments = CommandLine.arguments
    let program = arguments.prefix(1).map { URL(fileURLWithPath: $0).lastPathComponent }
    return .current(command: program + arguments.dropFirst(), date: start)
  }

  /// The report without results on test data.
  private func page(
    _ model: Model, _ history: History, _ stopping: EarlyStopping?, _ meter: RateMeter,
    start: Date
  ) -> ExperimentReport {
    var page = ExperimentReport(
      title: "\(networkTitle) on \(datasetTitle)", dataset: datasetTitle, network: networkTitle,
      graph: model.graph, history: history)
    page.classGroups = classGroups
    page.bestEpoch = stopping?.bestEpoch
    page.seconds = meter.seconds
    page.imagesPerSecond = meter.imagesPerSecond
    page.settings =
      recipe.settings(isValidated: stopping != nil).map { .init($0.name, $0.value) } + [
        .init("Standardized", options.standardize ? "yes" : "no"),
        .init("Training images", options.limit.map { "the first \($0)" } ?? "all"),
        .init("Seed", "\(options.seed)"), .init("Threads", "\(model.pool.threadCount)"),
      ]
    page.provenance = Self.provenance(start)
    return page
  }

  private func writeJSON(
    _ model: Model, _ history: History, _ stopping: EarlyStopping?, _ evaluation: Evaluation,
    _ meter: RateMeter, _ digest: String, _ start: Date
  ) throws {
    guard let path = options.json else { return }
    let counts = model.graph.parameterCounts
    let report = RunReport(
      dataset: dataset, datasetSHA256: digest, model: network,
      parameters: .init(
        total: counts.total, trainable: counts.trainable, nonTrainable: counts.nonTrainable),
      settings: Dictionary(
        uniqueKeysWithValues: recipe.settings(isValidated: stopping != nil)),
      isStandardized: options.standardize, epochsRun: history.epochs.count,
      bestEpoch: stopping?.bestEpoch.map { $0 + 1 }, history: .init(history),
      test: .init(evaluation), trainImagesPerSecond: meter.imagesPerSecond,
      trainSeconds: meter.seconds,
      seed: options.seed, threads: model.pool.threadCount, ranks: ranks?.size,
      provenance: Self.provenance(start), peakMemoryBytes: PeakMemory.bytes,
      weightsSHA256: try Digest.sha256(of: model.weights.trainable))
    try report.write(to: URL(fileURLWithPath: path))
  }
}

extension Experiment {
  /// Implements the examples' commands: prints the summary with `--summary`, otherwise loads the
  /// data with one-hot targets and runs the experiment, or evaluates the file of `--evaluate`.
  ///
  /// - Parameters:
  ///   - dataset: An identifier, such as `fashion-mnist`.
  ///   - datasetTitle: The display name, such as `Fashion-MNIST`.
  ///   - network: An identifier, such as `cnn`.
  ///   - networkTitle: The display name, such as `CNN`.
  ///   - graph: The network for a recipe.
  ///   - recipe: The settings that options do not replace.
  ///   - classGroups: Classes to outline in the confusion matrix. Default: none.
  ///   - options: The command-line options.
  ///   - files: Finds the data set's files in a folder, or in the standard folders for nil.
  ///   - load: Reads these files.
  ///
  /// - Throws: The errors of `files`, `load`, and training; `ValidationError` for options that do
  ///   not suit the network or the data.
  package static func run(
    dataset: String, datasetTitle: String, network: String, networkTitle: String,
    graph: (Recipe) throws -> Graph, recipe: Recipe, classGroups: [ClassGroup] = [],
    options: ExperimentOptions,
    files: (URL?) throws -> DatasetFiles,
    load: (URL?) throws -> (train: ImageDataset, test: ImageDataset)
  ) throws {
    let recipe = options.recipe(recipe)
    try options.validate(network: network, recipe: recipe, graph: graph)
    let graph = try graph(recipe)
    if options.summary {
      print(graph.summary())
      return
    }
    let ranks =
      try options.distributed
      ? MPICommunicator.start(timeout: .seconds(options.rankTimeout)) : nil
    if let ranks, ranks.rank > 0 { discardOutput() }
    let directory = options.dataDirectory
    let (training, test) = try load(directory)
    var experiment = try Experiment(
      dataset: dataset, datasetTitle: datasetTitle, network: network, networkTitle: networkTitle,
      files: files(directory).all, training: training.oneHot(), test: test.oneHot(),
      graph: graph, classGroups: classGroups, options: options, recipe: recipe)
    experiment.ranks = ranks
    if let file = options.evaluate {
      if ranks.map({ $0.rank == 0 }) ?? true {
        try experiment.evaluate(weights: URL(fileURLWithPath: file))
      }
    } else {
      do {
        try experiment.run()
      } catch let code as ExitCode {
        // An interruption, of which all ranks know.
        ranks?.end()
        throw code
      }
    }
    ranks?.end()
  }
}
