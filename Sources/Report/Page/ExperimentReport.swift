public import FoundationEssentials
public import PinionData
public import PinionLayers
public import PinionMetrics
public import PinionTensor
public import PinionTraining
public import PinionVisualization

/// A report on a complete or interrupted training run, as an HTML page and as files.
///
/// ```swift
/// var report = ExperimentReport(
///   title: "A CNN on Fashion-MNIST", dataset: "fashion-mnist", network: "cnn",
///   graph: model.graph, history: history)
/// report.evaluation = try model.evaluate(test)
/// try report.add(test: test, outputs: model.predict(test))
/// try report.write(to: folder)
/// ```
///
/// Sections without data, such as a missing evaluation, are left out of the page.
public struct ExperimentReport: Sendable {
  /// A hyperparameter or an option of a run, such as its seed.
  public struct Setting: Sendable, Equatable, Codable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public var title: String
  /// The data set's name. ``ComparisonReport`` compares runs with equal names.
  public var dataset: String
  public var network: String
  public var graph: Graph
  /// The metrics recorded in each epoch.
  public var history: History
  /// The zero-based epoch whose weights were kept. Default: unknown.
  public var bestEpoch: Int?
  /// Whether training was interrupted. Default: false.
  public var isInterrupted = false
  /// Loss and metrics on test data. Default: none.
  public var evaluation: Evaluation?
  /// The confusion matrix on test data. Default: none.
  public var confusion: ConfusionMatrix?
  /// Classes to outline in the confusion matrix. Default: none.
  public var classGroups: [ClassGroup] = []
  /// Sample images of each class. Default: none.
  public var samples: [ClassSamples] = []
  /// Test images with their predictions. Default: none.
  public var predictions: [Prediction] = []
  /// Incorrect predictions with the highest probabilities. Default: none.
  public var mistakes: [Prediction] = []
  /// Hyperparameters and options, in the order in which they are shown. Default: none.
  public var settings: [Setting] = []
  /// The software and hardware of the run. Default: unknown.
  public var provenance: RunProvenance?
  /// Additional sentences for the page. Default: none.
  public var notes: [String] = []
  /// The duration of training in seconds. Default: unknown.
  public var seconds: Double?
  /// Training throughput in images per second, without validation. Default: unknown.
  public var imagesPerSecond: Double?

  public init(title: String, dataset: String, network: String, graph: Graph, history: History) {
    self.title = title
    self.dataset = dataset
    self.network = network
    self.graph = graph
    self.history = history
  }

  /// Adds results on test data: the confusion matrix and, for image data, the first 15 predictions,
  /// the 15 incorrect predictions with the highest probabilities, and samples of each class.
  ///
  /// - Parameters:
  ///   - dataset: A data set of any kind whose targets are class indices of shape (1) or one value
  ///     per class of shape (C), such as one-hot vectors. Images may have any scale.
  ///   - outputs: The network's probabilities of shape (N, C), or (N, 1) for the probability of the
  ///     second of two classes.
  ///   - classNames: Equal ones are numbered. Default: the names of the data set, or else class
  ///     indices.
  ///
  /// - Throws: `ArgumentError` if the counts of outputs and samples, or of probabilities and
  ///   classes, differ, if a target is not a class, or if the largest value of an output is not a
  ///   probability, as of a network that ends with logits; the report is unchanged then.
  public mutating func add(
    test dataset: any Dataset, outputs: Tensor, classNames: [String]? = nil
  ) throws {
    let classified = try ClassifiedSamples(
      dataset, outputs: outputs, names: classNames ?? dataset.classNames)
    let confusion = try classified.confusion()
    let first = Array(0..<min(Self.predictionLimit, dataset.count))
    let wrong = classified.mostConfidentMistakes(Self.predictionLimit)
    let samples = classified.firstOfEachClass()
    let pictures = try SampleImages(dataset, showing: first + wrong + samples.joined())
    func predictions(_ indices: [Int]) throws -> [Prediction] {
      guard let pictures else { return [] }
      return try indices.map { classified.prediction($0, try pictures.image(at: $0)) }
    }
    let (firstPredictions, mistakes) = try (predictions(first), predictions(wrong))
    self.samples =
      try pictures.map { pictures in
        try zip(classified.names, samples).map { name, indices in
          ClassSamples(name, images: try indices.map(pictures.image))
        }
      } ?? []
    (self.confusion, self.predictions, self.mistakes) = (confusion, firstPredictions, mistakes)
  }

  private static let predictionLimit = 15
}

extension ExperimentReport {
  /// The file name of the page in a run's folder.
  static let pageName = "index.html"

  /// Writes the page `index.html`, its figures as separate SVG and PNG files, and `report.json`,
  /// which ``ComparisonReport`` reads.
  ///
  /// The page does not depend on the other files. Each file is written atomically.
  ///
  /// - Throws: `FileError` if the folder cannot be created or a file cannot be written.
  public func write(to directory: URL) throws {
    try Folder.make(directory.path)
    for (name, drawing) in drawings {
      try drawing.write(to: directory.appending(path: name + ".svg"))
    }
    for (name, image) in images {
      try PNG.write(image, to: directory.appending(path: name + ".png"))
    }
    try RunSummary(self).write(to: directory)
    try AtomicFile.write(html(), to: directory.appending(path: Self.pageName))
  }

  /// Vector graphics with their file names.
  var drawings: [(name: String, drawing: Drawing)] {
    let curves = TrainingCurves(history, bestEpoch: bestEpoch)
    let diagram = NetworkDiagram(graph)
    var drawings = [
      ("curves", curves.drawing), ("network-volumes", diagram.volumes()),
      ("network-graph", diagram.connections),
    ]
    if !samples.isEmpty { drawings.append(("samples", SampleGrid(samples).drawing)) }
    if let confusion {
      drawings.append(
        ("confusion-matrix", ConfusionMatrixPlot(confusion, groups: classGroups).drawing))
    }
    if !predictions.isEmpty {
      drawings.append(("predictions", PredictionGrid(predictions).drawing))
    }
    if !mistakes.isEmpty { drawings.append(("mistakes", PredictionGrid(mistakes).drawing)) }
    return drawings
  }

  /// Raster images with their file names.
  private var images: [(name: String, image: PixelImage)] {
    var images: [(String, PixelImage)] = []
    if !samples.isEmpty { images.append(("samples", SampleGrid(samples).image)) }
    if let confusion {
      images.append(
        ("confusion-matrix", ConfusionMatrixPlot(confusion, groups: classGroups).image))
    }
    if !predictions.isEmpty { images.append(("predictions", PredictionGrid(predictions).image)) }
    if !mistakes.isEmpty { images.append(("mistakes", PredictionGrid(mistakes).image)) }
    return images
  }
}

extension ExperimentReport {
  /// The names of all files that ``write(to:)`` may write.
  static let fileNames: [String] = {
    let rasters = ["samples", "confusion-matrix", "predictions", "mistakes"]
    let vectors = ["curves", "network-volumes", "network-graph"] + rasters
    return [pageName, RunSummary.fileName] + vectors.map { $0 + ".svg" }
      + rasters.map { $0 + ".png" }
  }()

  /// Throws `FileError` if ``write(to:)`` would fail: the folder is not writable, or a file's name
  /// is that of a folder or a special file. For programs that train before they write.
  package static func checkWritable(_ directory: URL) throws {
    for name in fileNames { try AtomicFile.checkWritable(directory.appending(path: name)) }
  }
}
