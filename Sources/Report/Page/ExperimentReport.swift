public import FoundationEssentials
public import PinionData
public import PinionLayers
public import PinionMetrics
public import PinionTensor
public import PinionTraining

/// All that a finished, or interrupted, run has to show, as a page and as files.
///
/// ```swift
/// var report = ExperimentReport(
///   title: "A CNN on Fashion-MNIST", dataset: "fashion-mnist", network: "cnn",
///   graph: model.graph, history: history)
/// report.evaluation = try model.evaluate(test)
/// try report.add(test: test, outputs: model.predict(test))
/// try report.write(to: folder)
/// ```
/// What is missing, such as an evaluation, is left out of the page.
public struct ExperimentReport: Sendable {
  /// The page's title.
  public var title: String
  /// The data set's name. Runs of equal names are compared class by class.
  public var dataset: String
  /// The network's name.
  public var network: String
  /// The network.
  public var graph: Graph
  /// What was recorded at the end of each epoch.
  public var history: History
  /// The epoch, from 0, whose weights were kept. Default: not known.
  public var bestEpoch: Int?
  /// Whether training was stopped from outside. Default: no.
  public var isInterrupted = false
  /// Loss and metrics on the test data. Default: not measured.
  public var evaluation: Evaluation?
  /// How often test samples of each class were taken for each. Default: not counted.
  public var confusion: ConfusionMatrix?
  /// Classes to put side by side in the confusion matrix. Default: none.
  public var classGroups: [ClassGroup] = []
  /// Images of each class. Default: none.
  public var samples: [ClassSamples] = []
  /// Test images with their predictions. Default: none.
  public var predictions: [Prediction] = []
  /// Test images with wrong predictions that the network was sure of. Default: none.
  public var mistakes: [Prediction] = []
  /// What the run was given, in the order in which it is shown. Default: nothing.
  public var settings: [Setting] = []
  /// The program and the machine that the numbers come from. Default: not told.
  public var provenance: RunProvenance?
  /// Further sentences for the page. Default: none.
  public var notes: [String] = []
  /// How long training took, in seconds. Default: not measured.
  public var seconds: Double?
  /// How many images a second training took, without validation. Default: not measured.
  public var imagesPerSecond: Double?

  /// A report of a run.
  public init(title: String, dataset: String, network: String, graph: Graph, history: History) {
    self.title = title
    self.dataset = dataset
    self.network = network
    self.graph = graph
    self.history = history
  }

  /// Adds what a network made of test data: the confusion matrix and, if they are images, the first 15 predictions, the 15
  /// mistakes that the network was surest of, and samples of each class.
  ///
  /// - Parameters:
  ///   - dataset: A data set of any kind. Its targets are class indices, (1,), or a value for each class, (C,), such as one-hot.
  ///     Images may have any scale.
  ///   - outputs: The network's probabilities for it, (N, C), or (N, 1) for the probability of the second of two classes.
  ///   - classNames: The classes' names. Default: the data set's own, or else their indices.
  ///
  /// Throws `ArgumentError` if there are not as many outputs as samples, or not as many probabilities as classes, if a target names
  /// no class, or if an output is nothing but NaN, and what the data set throws; then nothing is added.
  public mutating func add(
    test dataset: any Dataset, outputs: Tensor, classNames: [String]? = nil
  ) throws {
    let classified = try ClassifiedSamples(
      dataset, outputs: outputs, names: classNames ?? dataset.classNames)
    let confusion = try classified.confusion()
    let first = Array(0..<min(Self.predictionLimit, dataset.count))
    let wrong = classified.surestMistakes(Self.predictionLimit)
    let samples = classified.firstOfEachClass()
    let pictures = try DatasetPictures(dataset, showing: first + wrong + samples.joined())
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
  /// The name of the page in a run's folder.
  static let pageName = "index.html"

  /// Writes the page `index.html`, its pictures as files of their own, and `report.json`, which comparisons read.
  ///
  /// The page needs none of the other files. Each file appears under its name only when complete.
  /// Throws `FileError` if the folder cannot be made or a file cannot be written.
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

  /// The pictures with their files' names.
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

  /// The pictures made of pixels with their files' names.
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
