import PinionData
import PinionTensor
import Testing

/// Data sets made of others: chained, repeated, filtered, weighted and resampled ones.
@Suite struct DatasetCombinationTests {
  /// Samples whose input is `first`, `first` + 1, … and whose target is a class.
  func samples(
    _ labels: [Int], first: Int = 0, classes: Int = 3, encoding: LabelEncoding = .index,
    classNames: [String]? = nil, weights: [Float]? = nil
  ) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: labels.indices.map { [Float(first + $0)] }, labels: labels, classes: classes,
      classNames: classNames, encoding: encoding, weights: weights)
  }

  struct Row: Equatable {
    var input: [Float]
    var target: [Float]
    var weight: Float?
  }

  /// The samples as a loader gives them.
  func rows(_ dataset: some Dataset, epoch: Int? = nil, threads: Int = 1) throws -> [Row] {
    let loader = try BatchLoader(dataset, batchSize: 5, pool: ThreadPool(threads: threads))
    try loader.startEpoch(epoch: epoch)
    let (size, targets) = (dataset.inputShape.elementCount, dataset.targetShape.elementCount)
    var rows: [Row] = []
    while let batch = try loader.next() {
      for row in 0..<batch.count {
        rows.append(
          Row(
            input: batch.input[row * size..<(row + 1) * size].array,
            target: batch.target[row * targets..<(row + 1) * targets].array,
            weight: batch.weights?[row]))
      }
    }
    return rows
  }

  /// The samples read one by one, which must be those of a loader.
  func inputs(_ dataset: some Dataset) throws -> [Float] {
    let rows = try rows(dataset)
    #expect(rows.count == dataset.count)
    for (index, row) in rows.enumerated() {
      #expect(row.input == dataset.input(index) && row.target == dataset.target(index))
      if let weight = row.weight { #expect(try weight == dataset.weight(at: index)) }
    }
    return rows.map { $0.input[0] }
  }

  struct Reversed: WrappingDataset {
    let base: any Dataset
    func baseIndex(of index: Int) -> Int { base.count - 1 - index }
  }

  @Test func aWrapperForwardsWhatItDoesNotImplement() throws {
    let names = ["a", "b", "c"]
    let base = try samples([0, 1, 2, 2], classNames: names, weights: [1, 2, 3, 4])
    let reversed = Reversed(base: base)
    #expect(try inputs(reversed) == [3, 2, 1, 0])
    #expect(reversed.classNames == names && reversed.hasWeights)
    #expect(reversed.inputShapes == base.inputShapes)
    #expect(reversed.targetShapes == base.targetShapes)
    #expect(reversed.scratchCount == base.scratchCount)
    #expect(reversed.source(of: 0) == base.source(of: 3))
    #expect(try reversed.weight(at: 0) == 4)
    #expect(try rows(reversed, epoch: 0, threads: 2).map(\.weight) == [4, 3, 2, 1])
  }

  @Test func chainedDataSetsFollowEachOther() throws {
    let (first, second) = (try samples([0, 1, 2]), try samples([2, 2], first: 10))
    let empty = try samples([])
    let chain = try first.chained(with: empty, second, empty, first)
    #expect(try inputs(chain) == [0, 1, 2, 10, 11, 0, 1, 2])
    #expect(try chain.classCounts() == [2, 2, 4])
    #expect(try inputs(empty.chained(with: empty, second)) == [10, 11])
    #expect(try ChainedDataset([empty]).count == 0)
    let flaky = FlakyDataset(count: 4, broken: [2])
    let broken = try flaky.prefix(2).chained(with: flaky)
    #expect(broken.source(of: 4) == "2.png")
    let error = #expect(throws: SampleError.self) { try rows(broken) }
    #expect(
      error == SampleError(index: 4, source: "2.png", underlying: FlakyDataset.Broken()))
  }

  @Test func chainsHaveWeightsIfAPartHas() throws {
    let plain = try samples([0, 1])
    let heavy = try samples([1, 2], weights: [3, 0.5])
    #expect(try plain.chained(with: plain).hasWeights == false)
    #expect(try rows(plain.chained(with: heavy, plain)).map(\.weight) == [1, 1, 3, 0.5, 1, 1])
    #expect(try inputs(heavy.chained(with: plain)) == [0, 1, 0, 1])
  }

  @Test func whatCannotBeChainedIsAnError() throws {
    let first = try samples([0, 1, 2], classNames: ["a", "b", "c"])
    let others: [(any Dataset, String)] = try [
      (CountingDataset(count: 2), "input shapes"),
      (samples([0], encoding: .oneHot, classNames: ["a", "b", "c"]), "target shapes"),
      (samples([0], classNames: ["a", "c", "b"]), "class names"), (samples([0]), "class names"),
    ]
    for (other, name) in others {
      let error = #expect(throws: ArgumentError.self) { try first.chained(with: first, other) }
      #expect(error?.place == "the \(name) of chained data set 2")
    }
    #expect(throws: ArgumentError.self) { try ChainedDataset([]) }
    let endless = CountingDataset(count: .max)
    #expect(throws: ArgumentError.self) { try endless.chained(with: endless) }
  }

  @Test func chainsMixAmongTheirSamplesIfTheyAreAugmented() throws {
    let images = try PartnerTests.images(40)
    let (black, white) = try (images.subset(0..<20), images.subset(20..<40))
    let mixed = try rows(black.chained(with: white).augmented { MixUp(alpha: 1) }, epoch: 0)
    #expect(mixed.contains { $0.input[0] > 0.1 && $0.input[0] < 0.9 })
    for row in mixed { #expect(abs(row.input[0] - row.target[1]) < 1e-6) }
    // The partners of a part might be of another one.
    let error = #expect(throws: SampleError.self) {
      try rows(black.augmented { MixUp(alpha: 1) }.chained(with: white), epoch: 0)
    }
    #expect(error?.underlying is ArgumentError)
  }

  @Test func repetitionsAreChangedInOtherWays() throws {
    let three = try samples([0, 1, 2], weights: [1, 2, 3])
    #expect(try inputs(three.repeated(3)) == [0, 1, 2, 0, 1, 2, 0, 1, 2])
    #expect(try rows(three.repeated(2)).map(\.weight) == [1, 2, 3, 1, 2, 3])
    #expect(try inputs(samples([]).repeated(3)).isEmpty)
    let images = try PartnerTests.images(4).augmented { RandomBrightness(0...1) }
    let epochs = try (0..<4).map { try rows(images, epoch: $0) }
    #expect(epochs[0] != epochs[1])
    let twice = try images.repeated(2)
    for epoch in 0..<2 {
      let expected = epochs[2 * epoch] + epochs[2 * epoch + 1]
      for threads in 1...3 {
        #expect(try rows(twice, epoch: epoch, threads: threads) == expected)
      }
    }
    for number in [0, -1, Int.max] {
      #expect(throws: ArgumentError.self) { try three.repeated(number) }
    }
  }

  @Test func filtersSeeWholeSamples() throws {
    let whole = try samples([0, 1, 2, 1, 0], weights: [1, 2, 3, 4, 5])
    #expect(try inputs(whole.filtered { try $0.target == [1] }) == [1, 3])
    #expect(try inputs(whole.filtered { try $0.input[0] > 2 }) == [3, 4])
    #expect(try inputs(whole.filtered { try $0.weight < 3 || $0.index == 4 }) == [0, 1, 4])
    #expect(try whole.filtered { _ in false }.count == 0)
    let flaky = FlakyDataset(count: 5, broken: [3])
    #expect(try inputs(flaky.filtered { $0.source != "3.png" }) == [0, 1, 2, 4])
    let error = #expect(throws: SampleError.self) {
      try flaky.filtered { try $0.input[0] > 1 }
    }
    #expect(
      error == SampleError(index: 3, source: "3.png", underlying: FlakyDataset.Broken()))
  }

  @Test(arguments: [LabelEncoding.index, .oneHot])
  func weightsMultiplyThoseOfTheBase(encoding: LabelEncoding) throws {
    let plain = try samples([2, 0, 1, 0], encoding: encoding)
    #expect(try inputs(plain.weighted(by: [1, 2, 0, 4])) == [0, 1, 2, 3])
    #expect(try rows(plain.weighted(by: [1, 2, 0, 4])).map(\.weight) == [1, 2, 0, 4])
    let classes = try plain.weighted(byClass: [0.5, 1, 3])
    #expect(try rows(classes).map(\.weight) == [3, 0.5, 1, 0.5])
    let twice = try classes.weighted(by: [2, 2, 1, 1])
    #expect(try rows(twice, epoch: 1, threads: 2).map(\.weight) == [6, 1, 1, 0.5])
    #expect(try inputs(twice.prefix(2)) == [0, 1])
  }

  @Test func weightsAreChecked() throws {
    let whole = try samples([2, 0, 1, 0])
    for weights: [Float] in [[1, 2], [1, -1, 2, 3], [.nan, 1, 1, 1], [1, 1, 1, .infinity]] {
      #expect(throws: ArgumentError.self) { try whole.weighted(by: weights) }
      #expect(throws: ArgumentError.self) { try whole.resampled(weights: weights) }
    }
    for weights: [Float] in [[1, 2], [1, -1, 2], []] {
      #expect(throws: ArgumentError.self) { try whole.weighted(byClass: weights) }
      #expect(throws: ArgumentError.self) { try whole.resampled(byClass: weights) }
    }
    let error = #expect(throws: ArgumentError.self) { try whole.weighted(byClass: [1, 2]) }
    #expect(error?.expected == "one for class 2")
    #expect(throws: ArgumentError.self) { try whole.resampled(weights: [0, 0, 0, 0]) }
    #expect(throws: ArgumentError.self) { try whole.resampled(-1, weights: [1, 1, 1, 1]) }
    let line = try ArrayDataset(
      inputs: [1, 2], inputShape: [1], targets: [0.5, 1], targetShape: [1])
    #expect(throws: ArgumentError.self) { try line.weighted(byClass: [1, 1]) }
    #expect(throws: ArgumentError.self) { try line.resampled() }
  }

  @Test func samplesAreDrawnInProportionToTheirWeights() throws {
    let whole = try samples([0, 1, 2, 0])
    let drawn = try whole.resampled(8_000, weights: [1, 0, 3, 4], seed: 5)
    var counts = [0, 0, 0, 0]
    for row in try rows(drawn, epoch: 0) { counts[Int(row.input[0])] += 1 }
    // Expected: 1,000, 3,000 and 4,000, with deviations of at most 45.
    #expect(counts[1] == 0)
    #expect(zip(counts, [1_000, 0, 3_000, 4_000]).allSatisfy { abs($0 - $1) < 200 })
    #expect(try whole.resampled(weights: [0, 0, 1, 0]).count == 4)
    #expect(try inputs(whole.resampled(3, weights: [0, 0, 1, 0])) == [2, 2, 2])
    #expect(try inputs(whole.resampled(0, weights: [0, 0, 0, 0])).isEmpty)
    #expect(try inputs(drawn.prefix(20)).count == 20)
  }

  @Test func drawsDependOnSeedEpochAndIndexAlone() throws {
    let whole = try samples(Array(repeating: 0, count: 30))
    let weights = [Float](repeating: 1, count: 30)
    let drawn = try whole.resampled(40, weights: weights, seed: 5)
    let first = try rows(drawn, epoch: 0)
    for threads in [1, 2, 3, 5] { #expect(try rows(drawn, epoch: 0, threads: threads) == first) }
    #expect(try rows(drawn, epoch: 1) != first)
    #expect(try rows(whole.resampled(40, weights: weights, seed: 6), epoch: 0) != first)
    #expect(try rows(drawn) == rows(drawn))
  }

  @Test func rareClassesAreDrawnAsOftenAsOthers() throws {
    let whole = try samples(Array(repeating: 0, count: 90) + Array(repeating: 2, count: 10))
    let balanced = try rows(whole.resampled(4_000, byClass: [1, 1, 1]), epoch: 0)
    // 2,000 are expected, with a deviation of 32.
    #expect((1_850...2_150).contains(balanced.count { $0.target == [2] }))
    let alike = try rows(whole.resampled(4_000), epoch: 0)
    #expect(alike == balanced)
    let rare = try rows(whole.resampled(4_000, byClass: [1, 0, 9], seed: 1), epoch: 0)
    #expect((3_450...3_750).contains(rare.count { $0.target == [2] }))
  }

  @Test func failuresOfDrawnSamplesNameTheSample() throws {
    let flaky = FlakyDataset(count: 4, broken: [2])
    let drawn = try flaky.resampled(3, weights: [0, 0, 1, 0])
    for epoch in [nil, 0] {
      let error = #expect(throws: SampleError.self) { try rows(drawn, epoch: epoch) }
      #expect(
        error == SampleError(index: 2, source: "2.png", underlying: FlakyDataset.Broken()))
    }
  }
}
