import Pinion
import Testing

/// The bits of a prediction depend only on the sample, the number of samples in its batch and its
/// index in the batch.
@Suite struct BatchSizeTests {
  /// Convolutions by every algorithm, and dense layers of more than one block.
  private static func model() throws -> Model {
    try Model(
      Sequential(input: [12, 12, 1]) {
        BatchNormalization(axis: 1)
        Conv2D(32, kernel: 3, padding: .same, activation: .relu)
        Conv2D(32, kernel: 3, padding: .same, activation: .relu)
        MaxPool2D()
        Conv2D(24, kernel: 2, padding: .same, activation: .leakyReLU(negativeSlope: 0.1))
        Flatten()
        Dense(256, activation: .relu)
        Dense(10, activation: .softmax)
      }, seed: 5, threads: 2)
  }

  private static func inputs(_ count: Int, stream: String = "images") -> Tensor {
    Tensor.uniform(shape: [count, 12, 12, 1], from: RandomStream(seed: 9, purpose: stream))
  }

  /// The first, the middle and the last sample are the same in both calls, among others.
  @Test(arguments: [2, 3, 4, 5, 8, 33, 100]) func otherSamplesDoNotMatter(batchSize: Int) throws {
    let model = try Self.model()
    let predictor = try Predictor(model, threads: 2)
    let places = [0, batchSize / 2, batchSize - 1]
    let size = 144
    let (mine, others) = (
      Self.inputs(batchSize).elements, Self.inputs(batchSize, stream: "others").elements
    )
    var mixed = others
    for place in places {
      let range = place * size..<(place + 1) * size
      mixed.replaceSubrange(range, with: mine[range])
    }
    let shape: Shape = [batchSize, 12, 12, 1]
    for predict in [
      { try model.predict($0, batchSize: batchSize) },
      { try predictor.predict($0, batchSize: batchSize) },
    ] as [(Tensor) throws -> Tensor] {
      let expected = try predict(Tensor(shape: shape, elements: mine)).elements
      let found = try predict(Tensor(shape: shape, elements: mixed)).elements
      if Set(places).count < batchSize { #expect(expected != found) }
      for place in places {
        let range = place * 10..<(place + 1) * 10
        #expect(
          found[range].map(\.bitPattern) == expected[range].map(\.bitPattern), "place \(place)")
      }
    }
  }

  /// A last batch of fewer samples gives the bits of a batch of that size.
  @Test func aPartialBatchIsABatchOfItsSize() throws {
    let model = try Self.model()
    let whole = try model.predict(Self.inputs(17), batchSize: 10).elements
    let last = Tensor(
      shape: [7, 12, 12, 1], elements: Array(Self.inputs(17).elements[10 * 144..<17 * 144]))
    #expect(Array(whole[100...]) == (try model.predict(last, batchSize: 7).elements))
    #expect(Array(whole[100...]) == (try model.predict(last, batchSize: 100).elements))
  }

  /// A data set and a tensor, a model and a predictor: the same bits from batches of five samples
  /// on.
  @Test(arguments: [5, 8, 33, 100]) func allWaysToPredictAgree(batchSize: Int) throws {
    let model = try Self.model()
    let inputs = Self.inputs(batchSize)
    let data = try ArrayDataset(
      inputs: inputs, labels: [Int](repeating: 0, count: batchSize), classes: 10)
    let expected = try model.predict(inputs, batchSize: batchSize)
    #expect(try model.predict(data, batchSize: batchSize) == expected)
    #expect(try Predictor(model).predict(inputs, batchSize: batchSize) == expected)
    #expect(try Predictor(model, threads: 3).predict(inputs, batchSize: batchSize) == expected)
  }

  /// Of four and fewer, a predictor may convolve by another algorithm, with kernels that it
  /// prepared; and batches of different sizes sum in other orders. Probabilities then differ only
  /// by rounding.
  @Test(arguments: [1, 2, 3, 4, 5, 7, 16]) func otherBatchesDifferByRounding(
    batchSize: Int
  ) throws {
    let model = try Self.model()
    let expected = try model.predict(Self.inputs(48), batchSize: 48).elements
    let predictor = try Predictor(model)
    for found in [
      try model.predict(Self.inputs(48), batchSize: batchSize),
      try predictor.predict(Self.inputs(48), batchSize: batchSize),
    ] {
      #expect(zip(found.elements, expected).allSatisfy { ($0 - $1).magnitude <= 2e-6 })
    }
  }

  /// On maps of one tile, the algorithms depend on the size up to 32 samples. A predictor prepares
  /// the kernels of all.
  @Test func aPredictorServesBatchesOfAnySize() throws {
    let model = try Model(
      Sequential(input: [4, 4, 32]) {
        Conv2D(32, kernel: 3, padding: .same, activation: .relu)
        Conv2D(128, kernel: 3, stride: 2, padding: .same, activation: .relu)
        Flatten()
        Dense(10, activation: .softmax)
      }, seed: 5, threads: 2)
    let predictor = try Predictor(model, threads: 2)
    let inputs = Tensor.uniform(
      shape: [100, 4, 4, 32], from: RandomStream(seed: 9, purpose: "images"))
    let expected = try model.predict(inputs, batchSize: 100).elements
    for batchSize in Array(1...40) + [100] {
      let found = try predictor.predict(inputs, batchSize: batchSize).elements
      #expect(
        zip(found, expected).allSatisfy { ($0 - $1).magnitude <= 2e-6 }, "batches of \(batchSize)")
    }
  }
}
