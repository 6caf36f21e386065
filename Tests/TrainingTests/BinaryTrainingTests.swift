import Pinion
import Testing

/// Binary classifiers.
@Suite struct BinaryTrainingTests {
  private let data = Result {
    let points = (0..<64).map { Float($0 * 37 % 64) / 32 - 1 }
    return try ArrayDataset(
      inputs: points, inputShape: [1], targets: points.map { $0 > 0.25 ? 1 : 0 }, targetShape: [1])
  }

  @Test(arguments: [1, 2, 5]) func learns(threads: Int) throws {
    let data = try data.get()
    let model = try Model(
      Sequential(input: [1]) { Dense(1, activation: .sigmoid) },
      optimizer: Adam(learningRate: 0.1), loss: .binaryCrossEntropy, seed: 1, threads: threads)
    let history = try model.fit(data, epochs: 40, batchSize: 10, verbose: false)
    let evaluation = try model.evaluate(data)
    #expect(try #require(evaluation.accuracy) > 0.95)
    #expect(history["accuracy"].count == 40)
    // The default metric reads probabilities, not the logits that the loss starts from.
    let outputs = try model.predict(data).elements
    let right = (0..<64).filter { index in
      (outputs[index] > 0.5) == (Float(index * 37 % 64) / 32 - 1 > 0.25)
    }
    #expect(evaluation.accuracy == Double(right.count) / 64)
  }

  @Test func confusionMatrixCounts() throws {
    let data = try data.get()
    let model = try Model(
      Sequential(input: [1]) { Dense(1, activation: .sigmoid) },
      optimizer: Adam(learningRate: 0.1), loss: .binaryCrossEntropy, seed: 1)
    try model.fit(data, epochs: 4, batchSize: 10, verbose: false)
    let matrix = try model.confusionMatrix(of: data)
    #expect(matrix.classNames == ["0", "1"] && matrix.total == 64)
    #expect(matrix.rowTotals[1] == (0..<64).filter { Float($0) / 32 - 1 > 0.25 }.count)
    #expect(try model.evaluate(data).accuracy == matrix.accuracy)
    // Of several classes, by class numbers or one-hot, and at each position.
    let images = try Samples.images(40)
    let classifier = try Model(Samples.perceptron(), seed: 2)
    let expected = try classifier.evaluate(images).accuracy
    classifier.classNames = ["a", "b", "c"]
    let named = try classifier.confusionMatrix(of: images, batchSize: 7, threads: 2)
    #expect(named.accuracy == expected && named.classNames == ["a", "b", "c"])
    let oneHot = try Model(
      Network(Samples.perceptron(), seed: 2), loss: .categoricalCrossEntropy)
    #expect(
      try oneHot.confusionMatrix(of: Samples.images(40, encoding: .oneHot)).counts == named.counts)
    let pixels = (0..<24).map { Float($0 % 5) }
    let map = try ArrayDataset(
      inputs: pixels, inputShape: [3, 4, 1], targets: pixels.map { $0 > 2 ? 1 : 0 },
      targetShape: [3, 4])
    let segmenter = try Model(
      Sequential(input: [3, 4, 1]) { Conv2D(2, kernel: 1, activation: .softmax) })
    let positions = try segmenter.confusionMatrix(of: map)
    #expect(positions.total == 24)
    #expect(try segmenter.evaluate(map).accuracy == positions.accuracy)
  }

  /// The default accuracy and the confusion matrix of logits are those of their sigmoids, with the
  /// threshold 0; scores of probabilities refuse logits.
  @Test func logitsArePositiveAboveZero() throws {
    let data = try data.get()
    func model(
      _ activation: some ActivationFunction, _ loss: some Loss, metrics: [any Metric]? = nil
    ) throws -> Model {
      let model = try Model(
        Sequential(input: [1]) { Dense(1, activation: activation) }, loss: loss, metrics: metrics,
        threads: 1)
      // z = x − 17/64 has the signs of the targets; 16 of the 64 logits are in 0…½.
      model.weights.trainable[0] = 1
      model.weights.trainable[1] = -0.265625
      return model
    }
    let expected = try model(.sigmoid, .binaryCrossEntropy)
    #expect(try expected.evaluate(data).accuracy == 1)
    let counts = try expected.confusionMatrix(of: data).counts
    #expect(counts == [41, 0, 0, 23])
    let logits = [
      try model(.linear, .binaryCrossEntropy(fromLogits: true)),
      try model(.linear, .binaryFocalCrossEntropy(fromLogits: true)),
      try model(.linear, .sum(.binaryCrossEntropy(fromLogits: true))),
    ]
    for model in logits {
      #expect(try model.evaluate(data).accuracy == 1)
      #expect(try model.confusionMatrix(of: data).counts == counts)
    }
    // A metric that is given keeps its threshold, as in Keras.
    let loss = BinaryCrossEntropy(fromLogits: true)
    let given = try model(.linear, loss, metrics: [BinaryAccuracy()]).evaluate(data)
    #expect(given["binary_accuracy"] == 0.75)
    #expect(
      throws: ArgumentError(
        place: "prediction 0 under the metric \"brier_score\"", expected: "a probability in 0...1",
        found: "-1.265625")
    ) { try model(.linear, loss, metrics: [BrierScore()]).evaluate(data) }
  }

  /// From logits, from the sigmoid's argument, and with the bits of any number of threads.
  @Test func logitsAndProbabilitiesTrainAlike() throws {
    let data = try data.get()
    func bits(_ activation: some ActivationFunction, _ loss: some Loss, threads: Int) throws
      -> [UInt32]
    {
      let model = try Model(
        Sequential(input: [1]) {
          Dense(5, activation: .tanh)
          Dense(1, activation: activation)
        }, loss: loss, seed: 3, threads: threads)
      try model.fit(data, epochs: 2, batchSize: 10, verbose: false)
      return model.bits
    }
    let losses: [(any Loss, any Loss)] = [
      (BinaryCrossEntropy(), BinaryCrossEntropy(fromLogits: true)),
      (BinaryFocalCrossEntropy(), BinaryFocalCrossEntropy(fromLogits: true)),
    ]
    for (loss, fromLogits) in losses {
      let expected = try bits(.sigmoid, loss, threads: 1)
      for threads in [1, 2, 3, 5] {
        #expect(try bits(.sigmoid, loss, threads: threads) == expected)
        #expect(try bits(.linear, fromLogits, threads: threads) == expected)
      }
    }
  }

  /// A sum has the gradient of the mean times the number of samples.
  @Test func sumsAreMeansTimesSamples() throws {
    let data = try data.get()
    func evaluate(_ loss: some Loss, rate: Double) throws -> (loss: Double?, weights: [Float]) {
      let model = try Model(
        Sequential(input: [1]) { Dense(1, activation: .sigmoid) },
        optimizer: SGD(learningRate: .constant(rate)), loss: loss, seed: 3, threads: 1)
      let history = try model.fit(data, batchSize: 16, shuffle: false, verbose: false)
      return (history["loss"].first, model.weights.trainable.array)
    }
    let mean = try evaluate(.binaryCrossEntropy, rate: 0.5)
    let sum = try evaluate(.sum(.binaryCrossEntropy), rate: 0.5 / 16)
    #expect(sum.weights == mean.weights)
    let (a, b) = (try #require(mean.loss), try #require(sum.loss))
    #expect(abs(16 * a - b) < 1e-5 * b)
  }
}
