import Pinion
import Testing

@Suite struct BarsTests {
  @Test func areLearned() throws {
    let training = try Bars.dataset(1_200, seed: 1)
    let validation = try Bars.dataset(300, seed: 2)
    let test = try Bars.dataset(300, seed: 3)
    let model = try Model(Bars.network(), optimizer: Adam(learningRate: 0.005), seed: 1)
    let stopping = EarlyStopping(patience: 4, restoreBestWeights: true)
    let history = try model.fit(
      training, validation: validation, epochs: 20, batchSize: 50, callbacks: [stopping],
      verbose: false)
    let accuracy = try #require(try model.evaluate(test).accuracy)
    #expect(accuracy > 0.95)

    // The best weights have been restored, and the history contains all epochs that ran.
    let losses = history["val_loss"]
    #expect(losses.count == history.epochs.count)
    #expect(try model.evaluate(validation).loss == losses.min())

    var matrix = try ConfusionMatrix(classNames: Bars.classNames)
    for (image, predicted) in try model.predict(test).argmax(along: 1).enumerated() {
      try matrix.add(true: image % 3, predicted: predicted)
    }
    #expect(matrix.counts.reduce(0, +) == test.count)
    let right = (0..<3).reduce(0) { $0 + matrix[true: $1, predicted: $1] }
    #expect(Double(right) / Double(test.count) == accuracy)
  }

  @Test func givesEqualBitsOnAnyNumberOfThreads() throws {
    func trained(threads: Int, seed: UInt64 = 5) throws -> [Float] {
      let model = try Model(Bars.network(), seed: seed, threads: threads)
      try model.fit(Bars.dataset(150, seed: 1), epochs: 2, batchSize: 40, verbose: false)
      return model.weights.trainable.array
    }
    let alone = try trained(threads: 1)
    #expect(try trained(threads: 2) == alone)
    #expect(try trained(threads: 3) == alone)
    #expect(try trained(threads: 1, seed: 6) != alone)
  }

  @Test func algorithmsAgreeToRounding() throws {
    func predictions(_ algorithm: ConvolutionAlgorithm) throws -> [Float] {
      let model = try Model(
        Sequential(input: [12, 12, 1]) {
          Conv2D(32, kernel: 3, padding: .same, activation: .relu, algorithm: algorithm)
        })
      return try model.predict(Bars.dataset(9, seed: 1)).elements
    }
    let expected = try predictions(.direct)
    for algorithm in [ConvolutionAlgorithm.im2col, .automatic] {
      let found = try predictions(algorithm)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 }, "\(algorithm)")
    }
  }

  @Test func labelsMayBeOneHot() throws {
    let data = try Bars.dataset(300, seed: 1, encoding: .oneHot)
    let model = try Model(Bars.network(), loss: .categoricalCrossEntropy, seed: 1)
    let history = try model.fit(data, epochs: 3, batchSize: 25, verbose: false)
    #expect(try #require(history["loss"].last) < history["loss"][0])
    // Sparse cross-entropy expects class indices, and its error says so.
    let other = try Model(Bars.network())
    let error = #expect(throws: LayerError.self) { try other.fit(data, verbose: false) }
    #expect(try #require(error).description.contains("class numbers"))
  }

  @Test func sampleWithoutBatchAxisThrows() throws {
    let model = try Model(Bars.network())
    let error = #expect(throws: TrainingError.self) { try model.predict(.zeros([12, 12, 1])) }
    #expect(
      error?.description
        == "the network takes a batch of inputs, of shape (N, 12, 12, 1); "
        + "the tensor has shape (12, 12, 1)")
    #expect(try model.predict(.zeros([1, 12, 12, 1])).shape == [1, 3])
  }
}
