internal import Foundation
internal import Pinion
internal import PinionTensor

extension Experiment {
  /// Evaluates a file of weights on the test images: prints the report of the classes, loss and
  /// accuracy, and writes them to the file of `--json`.
  ///
  /// Throws if the file is not of this network.
  func evaluate(weights file: URL) throws {
    if let json = options.json { try AtomicFile.checkWritable(URL(fileURLWithPath: json)) }
    let model = try Model(
      definition, loss: .categoricalCrossEntropy, threads: options.threads)
    try model.loadWeights(from: file)
    let test = try prepared().test
    let evaluation = try model.evaluate(test)
    let matrix = try model.confusionMatrix(of: test)
    print(ClassificationReport(matrix).formatted(digits: 4))
    evaluation.printResult()
    guard let json = options.json else { return }
    let counts = model.graph.parameterCounts
    try EvaluationReport(
      dataset: dataset, datasetSHA256: Digest.sha256(of: files), model: network,
      parameters: .init(
        total: counts.total, trainable: counts.trainable, nonTrainable: counts.nonTrainable),
      test: .init(evaluation), threads: model.pool.threadCount,
      blas: .init(version: BLAS.version, core: BLAS.core),
      weightsSHA256: Digest.sha256(of: model.weights.trainable)
    ).write(to: URL(fileURLWithPath: json))
  }
}

extension Evaluation {
  /// Prints loss and accuracy in one line.
  func printResult() {
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
  let blas: RunReport.BLASDescription
  let weightsSHA256: String
}
