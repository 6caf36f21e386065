import PinionMetrics
import PinionTensor
import Testing

@Suite struct TopKAccuracyTests {
  @Test func asScikitLearn() throws {
    let fixture = try MetricsFixture.load().topK
    let labels = fixture.actual.map { Float($0) }
    for k in 1...6 {
      var metric = try TopKAccuracy(k: k)
      try metric.add(fixture.probabilities.data, labels, count: labels.count)
      #expect(metric.value == fixture.accuracy["\(k)"])
    }
    var accuracy = Accuracy()
    try accuracy.add(fixture.probabilities.data, labels, count: labels.count)
    #expect(accuracy.value == fixture.accuracy["1"])
  }

  /// Samples count as their weights say, those of weight 0 not at all.
  @Test func weightsAreScikitLearns() throws {
    let fixture = try MetricsFixture.load().topK
    let labels = fixture.actual.map { Float($0) }
    #expect(fixture.weights.contains(0))
    for k in 1...6 {
      var metric = try TopKAccuracy(k: k)
      try withView(fixture.probabilities.data) { predictions in
        try withView(labels) { targets in
          try withView(fixture.weights) { weights in
            try metric.add(
              MetricBatch(
                predictions: predictions, targets: targets, weights: weights,
                count: labels.count, outputShape: [7]))
          }
        }
      }
      let expected = try #require(fixture.weightedAccuracy["\(k)"])
      #expect(abs(metric.value - expected) <= 1e-12 && expected != fixture.accuracy["\(k)"])
    }
  }

  func value(k: Int, _ prediction: [Float], label: Float) throws -> Double {
    var metric = try TopKAccuracy(k: k)
    try metric.add(prediction, [label], count: 1)
    return metric.value
  }

  @Test func equalClassesComeInOrder() throws {
    #expect(try value(k: 2, [1, 1, 1], label: 1) == 1)
    #expect(try value(k: 2, [1, 1, 1], label: 2) == 0)
    #expect(try value(k: 1, [1, 1, 1], label: 0) == 1)
  }

  @Test func aPredictionWithNaNIsWrong() throws {
    #expect(try value(k: 3, [.nan, 1, 2], label: 0) == 0)
    #expect(try value(k: 1, [.nan, 1, .nan], label: 1) == 0)
    #expect(try value(k: 9, [3, 2, 1], label: 2) == 1)
  }

  @Test func namesAndReset() throws {
    var metric = try TopKAccuracy()
    #expect(metric.name == "top_5_accuracy" && metric.higherIsBetter)
    try metric.add([1, 0], [0], count: 1)
    #expect(metric.value == 1)
    metric.reset()
    #expect(try metric == TopKAccuracy(k: 5))
    #expect(metric.value == 0)
  }

  @Test(arguments: [0, -1]) func kIsPositive(_ k: Int) {
    #expect(
      throws: ArgumentError(place: "k of a top-k accuracy", expected: "at least 1", found: "\(k)")
    ) { try TopKAccuracy(k: k) }
  }
}
