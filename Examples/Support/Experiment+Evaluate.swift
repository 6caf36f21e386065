internal import Foundation
internal import Pinion
internal import PinionTensor

extension Experiment {
  /// Evaluates a file of weights on the test images: prints the report of the classes, loss and
  /// accuracy, and writes them to the file of `--json`.
  ///
  /// Throws if the file is not of this network.
  func evaluate(weights file: URL) throws {
    // Neither a link nor the file that it names.
    for file in [file, file.resolvingSymlinksInPath()] {
      try validateJSON(in: file.deletingLastPathComponent()) { $0 == file.lastPathComponent }
    }
    if let json = options.json { try AtomicFile.checkWritable(URL(fileURLWithPath: json)) }
    let results = try testResults(of: file, on: prepared().test)
    print(ClassificationReport(results.confusion).formatted(digits: 4))
    results.evaluation.printSummary()
    guard let json = options.json else { return }
    let model = results.model
    let counts = graph.parameterCounts
    try EvaluationReport(
      dataset: dataset, datasetSHA256: Digest.sha256(of: files), model: network,
      parameters: .init(
        total: counts.total, trainable: counts.trainable, nonTrainable: counts.nonTrainable),
      test: .init(results.evaluation), threads: model.pool.threadCount,
      provenance: Self.provenance(),
      weightsSHA256: Digest.sha256(of: model.weights.trainable)
    ).write(to: URL(fileURLWithPath: json))
  }

  /// The results of a file of weights on test images: cross-entropy and accuracy, without label
  /// smoothing.
  ///
  /// - Parameter test: The network's inputs: standardized if the training images were.
  func testResults(of file: URL, on test: any Dataset) throws -> TestResults {
    let model = try Model(
      graph, loss: .categoricalCrossEntropy, threads: options.rankThreads)
    try model.loadWeights(from: file)
    let threads = model.pool.threadCount
    guard recipe.testViews != .original else {
      let outputs = try model.predict(test, threads: threads)
      return try TestResults(
        model: model, outputs: outputs, evaluation: model.evaluate(test),
        confusion: confusion(outputs))
    }
    let outputs = try model.predict(test, views: recipe.testViews.views, threads: threads)
    let confusion = try confusion(outputs)
    // Of the mean of probabilities, which has no logits.
    let classes = graph.outputShape.elementCount
    let probabilities = outputs.elements
    let loss = self.test.labels.enumerated().reduce(0.0) { sum, sample in
      sum - log(Double(max(1e-7, probabilities[sample.offset * classes + sample.element])))
    }
    return TestResults(
      model: model, outputs: outputs,
      evaluation: Evaluation(
        logs: ["accuracy": confusion.accuracy, "loss": loss / Double(max(1, test.count))]),
      confusion: confusion)
  }

  private func confusion(_ outputs: Tensor) throws -> ConfusionMatrix {
    var matrix = try ConfusionMatrix(
      classNames: test.classNames ?? (0..<graph.outputShape.elementCount).map(String.init))
    for (actual, predicted) in zip(test.labels, outputs.argmax(along: -1)) {
      try matrix.add(true: actual, predicted: predicted)
    }
    return matrix
  }
}

/// The results of trained weights on test images.
struct TestResults {
  let model: Model
  /// Probabilities, (N, classes).
  let outputs: Tensor
  let evaluation: Evaluation
  let confusion: ConfusionMatrix
}

extension Evaluation {
  /// Prints loss and accuracy in one line.
  func printSummary() {
    let accuracy = accuracy.map { NumberText.fixed($0, decimals: 4) } ?? "not measured"
    print("Test loss: \(NumberText.print("%.5g", loss)) Test accuracy: \(accuracy)")
  }
}

/// The results of `--evaluate` as JSON; fields as in ``RunReport``.
private struct EvaluationReport: ResultsFile {
  let dataset, datasetSHA256, model: String
  let parameters: RunReport.Parameters
  let test: RunReport.Test
  let threads: Int
  let provenance: RunProvenance
  let weightsSHA256: String
}
