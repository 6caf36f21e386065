import PinionMetrics
import PinionTensor
import Testing

/// Numbers that metrics refuse or propagate: NaN in outputs, targets and weights, and logits in
/// place of probabilities.
@Suite struct MetricInputTests {
  /// Metrics of binary labels.
  private func binary() throws -> [any WeightedMetric] {
    [
      BinaryAccuracy(), Precision(), Precision(threshold: 0.5, name: "precision_at"), Recall(),
      try FBetaScore(), try AUC(), try AUC(thresholds: nil, name: "auc_exact"),
      try AUC(curve: .precisionRecall, name: "auc_pr"), CohenKappa(), MatthewsCorrelation(),
      MeanIoU(), BrierScore(), try ExpectedCalibrationError(),
    ]
  }

  /// Metrics of classes as well, which are given as one-hot.
  private func oneHot() throws -> [any WeightedMetric] {
    let others: [any WeightedMetric] = [
      Accuracy(), try TopKAccuracy(k: 1), try AUC(classIndex: 0, name: "auc_of_0"),
      try AUC(average: .macro, name: "auc_macro"),
    ]
    return try binary() + others
  }

  private func numeric() -> [any WeightedMetric] { [RootMeanSquaredError(), R2Score()] }

  /// A NaN is neither positive nor negative: all metrics throw the same error, before any sample of
  /// the batch counts.
  @Test func targetsAreNumbers() throws {
    let error = ArgumentError(place: "target 2", expected: "numbers", found: "nan")
    for var metric in try binary() {
      let name = metric.name
      #expect(throws: error, "\(name)") {
        try metric.add([0.9, 0.2, 0.7, 0.4], [1, 0, .nan, 0], count: 4)
      }
      #expect(metric.value == 0, "\(name)")
    }
    for var metric in try oneHot() {
      let name = metric.name
      #expect(throws: error, "\(name)") {
        try metric.add(
          [0.1, 0.9, 0.8, 0.2, 0.3, 0.7, 0.6, 0.4], [0, 1, 1, 0, 0, .nan, 1, 0], count: 4)
      }
      #expect(metric.value == 0, "\(name)")
    }
  }

  /// 0 · NaN is NaN.
  @Test func notANumberShowsOfWeightZero() throws {
    for var metric in try binary() + numeric() {
      try metric.add([0.9, .nan, 0.7, 0.4], [1, 0, 1, 0], weights: [1, 0, 1, 1], count: 4)
      #expect(metric.value.isNaN, "\(metric.name)")
    }
  }

  @Test func finiteOutputsOfWeightZeroCountNothing() throws {
    for var metric in [BrierScore(), RootMeanSquaredError()] as [any WeightedMetric] {
      try metric.add([0.9, 0.5, 0.7, 0.4], [1, 0, 1, 0], weights: [1, 0, 1, 1], count: 4)
      let value = metric.value
      metric.reset()
      try metric.add([0.9, 0.7, 0.4], [1, 1, 0], weights: [1, 1, 1], count: 3)
      #expect(metric.value == value, "\(metric.name)")
    }
  }

  @Test(arguments: [.nan, .infinity, -.infinity, -1] as [Float])
  func weightsAreNumbers(_ weight: Float) throws {
    let error = ArgumentError(
      place: "weight 2", expected: "a finite number, at least 0", found: "\(weight)")
    for var metric in try oneHot() + numeric() {
      let name = metric.name
      #expect(throws: error, "\(name)") {
        try metric.add(
          [0.1, 0.9, 0.8, 0.2, 0.3, 0.7, 0.6, 0.4], [0, 1, 1, 0, 0, 1, 1, 0],
          weights: [1, 1, weight, 1], count: 4)
      }
      #expect(metric.value == 0, "\(name)")
    }
  }

  @Test func everySampleHasAWeight() throws {
    let error = ArgumentError(
      place: "the number of weights", expected: "2 (one for each sample)", found: "3")
    for var metric in try oneHot() + numeric() {
      let name = metric.name
      #expect(throws: error, "\(name)") {
        try metric.add([0.1, 0.9, 0.8, 0.2], [0, 1, 1, 0], weights: [1, 1, 1], count: 2)
      }
    }
  }

  @Test(arguments: [7.25, -0.5, .infinity] as [Float])
  func probabilitiesAreNotLogits(_ logit: Float) throws {
    let metrics: [any WeightedMetric] = [BrierScore(), try ExpectedCalibrationError(), try AUC()]
    for var metric in metrics {
      let error = ArgumentError(
        place: "prediction 1 under the metric \"\(metric.name)\"",
        expected: "a probability in 0...1", found: "\(logit)")
      #expect(throws: error) { try metric.add([0.5, logit], [1, 0], count: 2) }
    }
    var score = BrierScore()
    #expect(throws: ArgumentError.self) {
      try score.add([0.5, 0.5, 0.2, logit], [0, 1], count: 2)
    }
    #expect(score.value == 0)
  }
}
