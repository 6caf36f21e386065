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
  /// What the run was given, in the order in which it is shown. Default: nothing.
  public var settings: [Setting] = []
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

  /// Adds what a network made of test images: the confusion matrix, 15 predictions, and samples of the images.
  ///
  /// - Parameters:
  ///   - images: The images; their first ones of each class become the samples.
  ///   - outputs: The network's probabilities for them, (N, C).
  ///
  /// Throws `MetricError` if there are not as many outputs as images, or not as many probabilities as classes.
  public mutating func add(test images: ImageDataset, outputs: Tensor) throws(MetricError) {
    let names = images.classNames ?? []
    guard outputs.shape == [images.count, names.count] else {
      throw MetricError(
        place: "the outputs for a report", expected: "(\(images.count), \(names.count))",
        found: "\(outputs.shape)")
    }
    var matrix = try ConfusionMatrix(classNames: names)
    for (index, predicted) in outputs.argmax(along: 1).enumerated() {
      try matrix.add(true: images.labels[index], predicted: predicted)
    }
    confusion = matrix
    predictions = Prediction.first(of: images, outputs: outputs)
    samples = ClassSamples.first(of: images)
  }
}
