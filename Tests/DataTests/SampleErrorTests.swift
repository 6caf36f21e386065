import PinionData
import PinionTensor
import Synchronization
import Testing

/// Samples of one number, the index, some of which cannot be read.
struct FlakyDataset: Dataset {
  struct Broken: Error, Equatable, CustomStringConvertible {
    let description = "a broken image"
  }

  let count: Int
  var broken: Set<Int> = []
  /// Samples with a weight that is not a number.
  var weightless: Set<Int> = []
  let inputShape: Shape = [1]
  let targetShape: Shape = [1]
  var hasWeights: Bool { !weightless.isEmpty }

  func source(of index: Int) -> String? { "\(index).png" }

  func copyInput(at index: Int, into view: MemoryView<Float>) throws {
    view[0] = -1
    if broken.contains(index) { throw Broken() }
    view[0] = Float(index)
  }

  func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(index % 2) }

  func weight(at index: Int) -> Float { weightless.contains(index) ? .nan : 2 }
}

@Suite struct SampleErrorTests {
  typealias Row = (position: Int, input: Float, target: Float)

  /// All samples of an epoch.
  func rows(_ loader: BatchLoader) throws -> [Row] {
    var rows: [Row] = []
    while let batch = try loader.next() {
      #expect(batch.input.count == batch.count && batch.target.count == batch.count)
      #expect(batch.count == batch.indices.count - batch.skipped.count)
      for row in 0..<batch.count {
        rows.append((batch.position(ofRow: row), batch.input[row], batch.target[row]))
      }
    }
    return rows
  }

  @Test(arguments: [1, 2, 3, 5]) func aFailureStopsWithTheSamplesName(threads: Int) throws {
    let data = FlakyDataset(count: 100, broken: [41, 36])
    let loader = try BatchLoader(data, batchSize: 30, pool: ThreadPool(threads: threads))
    try loader.startEpoch()
    #expect(try loader.next()?.count == 30)
    let error = #expect(throws: SampleError.self) { try loader.next() }
    #expect(
      error
        == SampleError(index: 36, source: "36.png", underlying: FlakyDataset.Broken()))
    #expect(error?.description == "sample 36 (36.png): a broken image")
    #expect(try loader.next()?.input[0] == 60)
    // The index is that of the data set, also in another order.
    try loader.startEpoch(order: [5, 41])
    #expect(throws: SampleError(index: 41, source: "41.png", underlying: FlakyDataset.Broken())) {
      try loader.next()
    }
    #expect(loader.skippedSamples == [])
  }

  @Test(arguments: [1, 2, 3, 5]) func skippedSamplesLeaveTheOthers(threads: Int) throws {
    let broken: Set = [0, 7, 8, 29, 30, 61, 99]
    let loader = try BatchLoader(
      FlakyDataset(count: 100, broken: broken), batchSize: 30, onReadFailure: .skip(limit: 7),
      pool: ThreadPool(threads: threads))
    for number in 0..<3 {
      let order = BatchLoader.shuffledOrder(count: 100, seed: 3, epoch: number)
      try loader.startEpoch(order: order, epoch: number)
      #expect(loader.batchCount == 4)
      let found = try rows(loader)
      let read = order.indices.filter { !broken.contains(order[$0]) }
      #expect(found.map(\.position) == read)
      #expect(found.map(\.input) == read.map { Float(order[$0]) })
      #expect(found.map(\.target) == read.map { Float(order[$0] % 2) })
      // Each once, in the order of the first epoch.
      let first = BatchLoader.shuffledOrder(count: 100, seed: 3, epoch: 0)
      #expect(loader.skippedSamples.map(\.index) == first.filter(broken.contains))
    }
  }

  @Test func batchesTellWhichPositionsAreMissing() throws {
    let loader = try BatchLoader(
      FlakyDataset(count: 9, broken: [3, 4, 5, 7]), batchSize: 3,
      onReadFailure: .skip(limit: 4))
    try loader.startEpoch()
    _ = try loader.next()
    let empty = try #require(try loader.next())
    #expect(empty.count == 0 && empty.indices == 3..<6 && empty.skipped == [3, 4, 5])
    let last = try #require(try loader.next())
    #expect(last.skipped == [7] && last.input.array == [6, 8])
    #expect(try loader.next() == nil)
  }

  @Test func thereIsALimit() throws {
    let data = FlakyDataset(count: 20, broken: [2, 4, 6, 15])
    let loader = try BatchLoader(data, batchSize: 10, onReadFailure: .skip(limit: 2))
    for _ in 0..<2 {
      try loader.startEpoch()
      let error = #expect(throws: SampleError.self) { try loader.next() }
      #expect(error?.index == 6 && error?.exhaustedLimit == 2)
      #expect(error?.description.hasSuffix("; samples skipped before: 2, the limit") == true)
      #expect(loader.skippedSamples.map(\.index) == [2, 4])
    }
    #expect(throws: ArgumentError.self) {
      try BatchLoader(data, onReadFailure: .skip(limit: -1))
    }
  }

  @Test func anEpochWithoutSamplesIsAnError() throws {
    let data = FlakyDataset(count: 5, broken: Set(0..<5))
    let loader = try BatchLoader(data, batchSize: 2, onReadFailure: .skip(limit: 100))
    try loader.startEpoch()
    #expect(try loader.next()?.count == 0)
    #expect(try loader.next()?.count == 0)
    let error = #expect(throws: SampleError.self) { try loader.next() }
    #expect(error?.index == 4)
    #expect(try loader.next() == nil)
  }

  @Test func weightsAreFinite() throws {
    let loader = try BatchLoader(FlakyDataset(count: 4, weightless: [2]), batchSize: 2)
    try loader.startEpoch()
    #expect(try loader.next()?.weights?.array == [2, 2])
    let error = #expect(throws: SampleError.self) { try loader.next() }
    #expect(error?.index == 2 && error?.source == "2.png")
    #expect((error?.underlying as? ArgumentError)?.place == "the weight")
  }

  /// Wrappers hand on errors and sources, and translate the index.
  @Test func errorsPassThroughWrappers() throws {
    let data = FlakyDataset(count: 10, broken: [7])
    let part = try data.subset(5..<10).standardized(
      by: Standardization(mean: [0], standardDeviation: [1]))
    let loader = try BatchLoader(part)
    try loader.startEpoch()
    #expect(throws: SampleError(index: 2, source: "7.png", underlying: FlakyDataset.Broken())) {
      try loader.next()
    }
    #expect(throws: SampleError(index: 7, source: "7.png", underlying: FlakyDataset.Broken())) {
      try Standardization(fitting: data)
    }
  }

  /// Images of one pixel, of which one cannot be read.
  struct Images: Dataset {
    let count = 40
    let inputShape: Shape = [1, 1, 1]
    let targetShape: Shape = [2]
    func copyInput(at index: Int, into view: MemoryView<Float>) throws {
      if index == 11 { throw FlakyDataset.Broken() }
      view[0] = Float(index)
    }
    func copyTarget(at index: Int, into view: MemoryView<Float>) {
      view.fill(0)
      view[index % 2] = 1
    }
  }

  /// A sample whose partner cannot be read is skipped for the partner's sake.
  @Test(arguments: [1, 3]) func partnersThatCannotBeReadAreSkipped(threads: Int) throws {
    let mixing = try Images().augmented { MixUp(alpha: 1) }
    let loader = try BatchLoader(
      mixing, batchSize: 16, onReadFailure: .skip(limit: 1), pool: ThreadPool(threads: threads))
    var counts: [Int] = []
    for epoch in 0..<20 {
      try loader.startEpoch(epoch: epoch)
      var count = 0
      while let batch = try loader.next() { count += batch.count }
      counts.append(count)
    }
    #expect(loader.skippedSamples.map(\.index) == [11])
    #expect(counts.allSatisfy { $0 < 40 } && counts.contains { $0 < 39 })
  }
}
