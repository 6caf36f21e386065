import PinionData
import PinionTensor
import Testing

/// Samples with several inputs, several targets and a weight.
@Suite struct SampleViewTests {
  /// Sample i: an image (2, 2, 1) of i, a vector (i, −i); targets 3·i and (i, i + 1); weight i.
  static func dataset(_ count: Int) throws -> ArrayDataset {
    let numbers = (0..<count).map { Float($0) }
    return try ArrayDataset(
      inputs: [
        Tensor(
          shape: [count, 2, 2, 1], elements: numbers.flatMap { [Float](repeating: $0, count: 4) }),
        Tensor(shape: [count, 2], elements: numbers.flatMap { [$0, -$0] }),
      ],
      targets: [
        Tensor(numbers.map { 3 * $0 }),
        Tensor(shape: [count, 2], elements: numbers.flatMap { [$0, $0 + 1] }),
      ], weights: numbers)
  }

  /// A user's own, one sample of which cannot be read.
  struct Scenes: Dataset {
    let count = 40
    let inputShape: Shape = [2, 2, 1]
    let targetShape: Shape = [1]
    var inputShapes: [Shape] { [inputShape, [2]] }
    var targetShapes: [Shape] { [targetShape, [2]] }
    var hasWeights: Bool { true }

    func copyInput(at index: Int, into view: MemoryView<Float>) throws {
      if index == 3 { throw FlakyDataset.Broken() }
      view.fill(Float(index))
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(3 * index) }

    func copySample(
      at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
    ) throws {
      try copyInput(at: index, into: sample.input)
      (sample.inputs[1][0], sample.inputs[1][1]) = (Float(index), -Float(index))
      copyTarget(at: index, into: sample.target)
      (sample.targets[1][0], sample.targets[1][1]) = (Float(index), Float(index + 1))
      sample.weight = Float(index)
    }
  }

  /// The indices of an epoch's samples; checks that each one's parts belong together.
  func indices(
    _ dataset: some Dataset, order: [Int]? = nil, epoch: Int? = nil, threads: Int = 1,
    image: (Float) -> Float = { $0 }, vector: (Float) -> Float = { $0 }
  ) throws -> [Int] {
    let loader = try BatchLoader(
      dataset, batchSize: 17, onReadFailure: .skip(limit: 1), pool: ThreadPool(threads: threads))
    try loader.startEpoch(order: order, epoch: epoch)
    var indices: [Int] = []
    while let batch = try loader.next() {
      #expect(batch.inputs.map(\.count) == [4 * batch.count, 2 * batch.count])
      #expect(batch.targets.map(\.count) == [batch.count, 2 * batch.count])
      let weights = try #require(batch.weights)
      #expect(weights.count == batch.count)
      for row in 0..<batch.count {
        let index = weights[row]
        #expect(batch.input[4 * row..<4 * row + 4].array.allSatisfy { $0 == image(index) })
        #expect(batch.inputs[1][2 * row..<2 * row + 2].array == [vector(index), vector(-index)])
        #expect(batch.target[row] == 3 * index)
        #expect(batch.targets[1][2 * row..<2 * row + 2].array == [index, index + 1])
        indices.append(Int(index))
      }
    }
    return indices
  }

  @Test(arguments: [1, 2, 3, 5]) func partsStayTogether(threads: Int) throws {
    let order = BatchLoader.shuffledOrder(count: 40, seed: 1, epoch: 0)
    let arrays = try Self.dataset(40)
    #expect(arrays.inputShapes == [[2, 2, 1], [2]] && arrays.inputShape == [2, 2, 1])
    #expect(arrays.targetShapes == [[1], [2]] && arrays.targetShape == [1])
    #expect(try indices(arrays, threads: threads) == Array(0..<40))
    #expect(try indices(arrays, order: order, threads: threads) == order)
    let read = order.filter { $0 != 3 }
    #expect(try indices(Scenes(), order: order, epoch: 0, threads: threads) == read)
  }

  @Test func wrappersKeepAllParts() throws {
    let data = try Self.dataset(40)
    #expect(try indices(data.subset([5, 1, 39])) == [5, 1, 39])
    let scaling = try Standardization(mean: [0, 0], standardDeviation: [2, 2])
    let scaled = try data.standardized(by: scaling, input: 1)
    #expect(try indices(scaled, vector: { $0 / 2 }) == Array(0..<40))
    let darker = try scaled.augmented { Halved() }.prefix(20)
    #expect(
      try indices(darker, epoch: 2, image: { $0 / 2 }, vector: { $0 / 2 }) == Array(0..<20))
    // Outside training nothing is augmented.
    #expect(try indices(darker, vector: { $0 / 2 }) == Array(0..<20))
  }

  struct Halved: ImageAugmentation {
    func apply(
      to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
    ) {
      for i in image.pixels.indices { image.pixels[i] /= 2 }
    }
  }

  @Test func theSecondInputMayBeTheImage() throws {
    let vectors = Tensor(shape: [2, 2], elements: [0, 1, 2, 3])
    let images = Tensor(shape: [2, 1, 2, 1], elements: [0, 1, 2, 3])
    let data = try ArrayDataset(inputs: [vectors, images], targets: [Tensor([0, 1])])
      .augmented(input: 1) { Halved() }
    let loader = try BatchLoader(data)
    try loader.startEpoch(epoch: 0)
    let batch = try #require(try loader.next())
    #expect(batch.inputs[0].array == [0, 1, 2, 3] && batch.inputs[1].array == [0, 0.5, 1, 1.5])
    #expect(batch.weights == nil)
  }

  @Test func whatDoesNotFitIsRefused() throws {
    let data = try Self.dataset(4)
    func place(_ body: () throws -> some Sendable) -> String? {
      #expect(throws: ArgumentError.self) { try body() }?.place
    }
    #expect(place { try data.augmented(input: 1) { Halved() } } == "the inputs to augment")
    #expect(place { try data.augmented(input: 2) { Halved() } } == "the input to augment")
    let scaling = try Standardization(mean: [0], standardDeviation: [1])
    #expect(place { try data.standardized(by: scaling, input: 1) } == "the inputs to standardize")
    #expect(place { try data.standardized(by: scaling, input: -1) } == "the input to standardize")
    let images = Tensor.zeros([2, 1, 1, 1])
    let oneHot = Tensor(shape: [2, 2], elements: [1, 0, 0, 1])
    #expect(
      place {
        try ArrayDataset(inputs: [images, images], targets: [oneHot]).augmented { MixUp() }
      } == "the samples for mixing")
    #expect(
      place {
        try ArrayDataset(inputs: images, targets: oneHot, weights: [1, 1]).augmented { CutMix() }
      } == "the samples for mixing")
  }

  @Test func arraysAreChecked() throws {
    let two = Tensor.zeros([2, 3])
    func place(
      _ inputs: [Tensor], _ targets: [Tensor], _ weights: [Float]? = nil
    ) -> String? {
      #expect(throws: ArgumentError.self) {
        try ArrayDataset(inputs: inputs, targets: targets, weights: weights)
      }?.place
    }
    #expect(place([], [two]) == "the inputs and targets")
    #expect(place([two], []) == "the inputs and targets")
    #expect(place([two, .zeros([3, 3])], [two]) == "the number of samples of input 1")
    #expect(place([two], [two, .zeros([1])]) == "the number of samples of target 1")
    #expect(place([two, .zeros([2, 0])], [two]) == "the shape of input 1")
    #expect(
      place([two, Tensor(shape: [2, 1], elements: [0, .nan])], [two])
        == "input 1 of sample 1, element 0")
    #expect(place([two], [two], [1]) == "the number of weights")
    #expect(place([two], [two], [1, -1]) == "weight 1")
    #expect(place([two], [two], [.infinity, 1]) == "weight 0")
    let labelled = try ArrayDataset(
      inputs: two, labels: [0, 1], classes: 2, weights: [0.5, 2])
    #expect(try labelled.subset([1]).weight(at: 0) == 2)
    #expect(try labelled.subset([1]).hasWeights)
  }
}
