import Pinion
import Testing

/// Metrics see what the network puts out, while the loss starts from the logits.
@Suite struct MetricOutputsTests {
  /// Σ (p − y)² over the classes, the mean over the samples.
  struct BrierScore: Metric, Codable {
    var usesOrderAlone = false
    private var sum = 0.0
    private var total = 0

    init(usesOrderAlone: Bool = false) { self.usesOrderAlone = usesOrderAlone }

    var name: String { "brier_score" }
    var higherIsBetter: Bool { false }
    var value: Double { total > 0 ? sum / Double(total) : 0 }

    mutating func reset() { (sum, total) = (0, 0) }

    mutating func add(
      predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
    ) {
      let classes = predictions.count / count
      for i in predictions.indices {
        let target: Double = Int(targets[i / classes]) == i % classes ? 1 : 0
        sum += (Double(predictions[i]) - target) * (Double(predictions[i]) - target)
      }
      total += count
    }
  }

  private func score(_ outputs: Tensor, _ data: ArrayDataset) -> Double {
    var score = BrierScore()
    let (values, targets) = (
      AlignedBuffer(count: outputs.shape.elementCount), AlignedBuffer(count: data.count)
    )
    for (i, value) in outputs.elements.enumerated() { values.view[i] = value }
    for i in 0..<data.count { data.copyTarget(at: i, into: targets.view[i..<i + 1]) }
    score.add(predictions: values.view, targets: targets.view, count: data.count)
    return score.value
  }

  @Test(arguments: [1, 2, 3, 5]) func evaluateAgreesWithPredict(threads: Int) throws {
    let data = try Samples.images(50)
    let model = try Model(
      Samples.personal(), metrics: [Accuracy(), BrierScore()], seed: 2, threads: threads)
    for _ in 0..<2 {
      let outputs = try model.predict(data)
      let evaluation = try model.evaluate(data)
      #expect(evaluation["brier_score"] == score(outputs, data))
      let chosen = outputs.argmax(along: 1)
      let right = (0..<50).filter { index in
        let target = AlignedBuffer(count: 1)
        data.copyTarget(at: index, into: target.view)
        return chosen[index] == Int(target.view[0])
      }
      #expect(evaluation.accuracy == Double(right.count) / 50)
      try model.fit(data, epochs: 2, batchSize: 16, verbose: false)
    }
  }

  /// In an epoch that changes nothing, over batches of the same sizes, training, validation and
  /// evaluation are the same.
  @Test func fitAgreesWithEvaluate() throws {
    let data = try Samples.images(50)
    let model = try Model(
      Samples.perceptron(), optimizer: SGD(learningRate: 0), metrics: [BrierScore()], threads: 2)
    let history = try model.fit(
      data, validation: data, batchSize: 16, shuffle: false, verbose: false)
    let expected = try model.evaluate(data, batchSize: 16)["brier_score"]
    #expect(history["brier_score"] == [expected])
    #expect(history["val_brier_score"] == [expected])
    #expect(try #require(expected) < 2)
  }

  /// A metric that says so spares the softmax, and sees what is in its place.
  @Test func orderAloneSparesTheSoftmax() throws {
    let data = try Samples.images(50)
    func value(usesOrderAlone: Bool, with others: [any Metric] = []) throws -> Double? {
      try Model(
        Samples.perceptron(), metrics: [BrierScore(usesOrderAlone: usesOrderAlone)] + others,
        seed: 1, threads: 1
      ).evaluate(data)["brier_score"]
    }
    let (logits, probabilities) = (
      try value(usesOrderAlone: true), try value(usesOrderAlone: false)
    )
    #expect(logits != probabilities)
    struct Other: Metric {
      var name: String { "other" }
      var higherIsBetter: Bool { true }
      var value: Double { 0.0 }
      mutating func reset() {}
      mutating func add(predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int) {}
    }
    #expect(try value(usesOrderAlone: true, with: [Other()]) == probabilities)
  }

  @Test func trainingDoesNotDependOnWhatMetricsRead() throws {
    let data = try Samples.images(60)
    func bits(_ metrics: [any Metric], threads: Int) throws -> [UInt32] {
      let model = try Model(
        Samples.personal(), metrics: metrics, seed: 4, threads: threads)
      try model.fit(data, validation: data, epochs: 2, batchSize: 16, verbose: false)
      return model.bits
    }
    let expected = try bits([], threads: 1)
    for threads in [1, 2, 5] {
      #expect(try bits([BrierScore()], threads: threads) == expected)
      #expect(try bits([Accuracy()], threads: threads) == expected)
    }
  }

  /// A class for each pixel, which the loss allows: every pixel counts, as in Keras.
  @Test func accuracyOfEachPixel() throws {
    // Two classes: whether a pixel is above one half.
    let values: [Float] = (0..<20 * 12).map { n in
      let value = (n * 37 + n / 7) % 101
      return Float(value) / 100
    }
    let labels: [Float] = values.map { $0 > 0.5 ? 1 : 0 }
    for targetShape: Shape in [[3, 4], [3, 4, 1]] {
      let data = try ArrayDataset(
        inputs: values, inputShape: [3, 4, 1], targets: labels, targetShape: targetShape)
      let model = try Model(
        Sequential(input: [3, 4, 1]) {
          Dense(8, activation: .relu)
          Dense(2, activation: .softmax)
        }, optimizer: Adam(learningRate: 0.05), seed: 1, threads: 2)
      let history = try model.fit(data, validation: data, epochs: 40, batchSize: 7, verbose: false)
      let chosen = try model.predict(data).argmax(along: -1)
      let right = chosen.indices.filter { chosen[$0] == Int(labels[$0]) }.count
      let evaluation = try model.evaluate(data)
      #expect(evaluation.accuracy == Double(right) / 240)
      #expect(history["val_accuracy"].last == evaluation.accuracy)
      #expect(try #require(evaluation.accuracy) > 0.9)
    }
    let oneHot = try ArrayDataset(
      inputs: values, inputShape: [3, 4, 1], targets: labels.flatMap { [1 - $0, $0] },
      targetShape: [3, 4, 2])
    let model = try Model(
      Sequential(input: [3, 4, 1]) { Dense(2, activation: .softmax) },
      loss: .categoricalCrossEntropy, seed: 1, threads: 1)
    let chosen = try model.predict(oneHot).argmax(along: -1)
    let right = chosen.indices.filter { chosen[$0] == Int(labels[$0]) }.count
    #expect(try model.evaluate(oneHot).accuracy == Double(right) / 240)
  }
}
