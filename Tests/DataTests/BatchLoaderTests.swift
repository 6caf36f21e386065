import Foundation
import PinionData
import PinionTensor
import Testing

@Suite struct BatchLoaderTests {
  /// All samples of an epoch in the order in which they come, as the inputs' first elements; checks
  /// every batch's form.
  func epoch(of loader: BatchLoader) throws -> [Float] {
    var samples: [Float] = []
    while let batch = try loader.next() {
      #expect(batch.indices == samples.count..<samples.count + batch.count)
      #expect(batch.count > 0 && batch.count <= loader.batchSize)
      #expect(batch.input.count == 2 * batch.count)
      #expect(batch.target.count == batch.count)
      for row in 0..<batch.count {
        let sample = batch.input[2 * row]
        #expect(batch.input[2 * row + 1] == -sample)
        #expect(batch.target[row] == 2 * sample)
        samples.append(sample)
      }
    }
    #expect(try loader.next() == nil)
    return samples
  }

  @Test(arguments: [1, 2, 3], [1, 7, 16, 17, 100, 101, .max])
  func everySampleComesOnceInOrder(threads: Int, batchSize: Int) throws {
    let pool = ThreadPool(threads: threads)
    let dataset = CountingDataset(count: 100)
    let loader = try BatchLoader(dataset, batchSize: batchSize, pool: pool)
    #expect(try loader.next() == nil)
    for number in 0..<3 {
      try loader.startEpoch()
      #expect(loader.batchCount == (99 / batchSize) + 1)
      #expect(try epoch(of: loader) == (0..<100).map { Float($0) })
      let order = BatchLoader.shuffledOrder(count: 100, seed: 1, epoch: number)
      try loader.startEpoch(order: order)
      #expect(try epoch(of: loader) == order.map { Float($0) })
    }
  }

  @Test func ordersMayRepeatAndLeaveOut() throws {
    let loader = try BatchLoader(CountingDataset(count: 3), batchSize: 4, pool: .shared)
    try loader.startEpoch()
    #expect(try epoch(of: loader) == [0, 1, 2])
    try loader.startEpoch(order: [2, 2, 0, 0, 2, 2, 2])
    #expect(loader.batchCount == 2)
    #expect(try epoch(of: loader) == [2, 2, 0, 0, 2, 2, 2])
    try loader.startEpoch(order: [])
    #expect(loader.batchCount == 0)
    #expect(try epoch(of: loader) == [])
  }

  @Test func twoMemoriesTakeTurns() throws {
    let loader = try BatchLoader(CountingDataset(count: 50), batchSize: 8, pool: .shared)
    var inputs: [UnsafeMutablePointer<Float>] = []
    for _ in 0..<3 {
      try loader.startEpoch()
      while let batch = try loader.next() { inputs.append(batch.input.base) }
    }
    #expect(Set(inputs).count == 2)
    #expect(inputs.count == 21)
  }

  @Test func aBatchStaysWhileTheNextIsAssembled() throws {
    let pool = ThreadPool(threads: 2)
    let loader = try BatchLoader(CountingDataset(count: 64), batchSize: 16, pool: pool)
    try loader.startEpoch()
    while let batch = try loader.next() {
      let before = batch.input.array
      usleep(2_000)
      #expect(batch.input.array == before)
    }
  }

  @Test(arguments: [1, 2, 3]) func epochsMayBeLeft(threads: Int) throws {
    let pool = ThreadPool(threads: threads)
    for taken in 0..<200 {
      let loader = try BatchLoader(CountingDataset(count: 100), batchSize: 30, pool: pool)
      try loader.startEpoch()
      for _ in 0..<taken % 4 { #expect(try loader.next() != nil) }
      if taken.isMultiple(of: 2) {
        try loader.startEpoch(order: [5, 4, 3])
        #expect(try epoch(of: loader) == [5, 4, 3])
      }
    }
  }

  @Test func aWrongOrderLeavesTheEpochAlone() throws {
    let loader = try BatchLoader(CountingDataset(count: 4), batchSize: 3, pool: .shared)
    try loader.startEpoch()
    #expect(throws: ArgumentError(place: "order's index 1", expected: "0...3", found: "4")) {
      try loader.startEpoch(order: [0, 4])
    }
    #expect(throws: ArgumentError.self) { try loader.startEpoch(order: [-1]) }
    #expect(try epoch(of: loader) == [0, 1, 2, 3])
  }

  @Test(arguments: [0, -1]) func batchSizesArePositive(_ batchSize: Int) {
    #expect(
      throws: ArgumentError(place: "the batch size", expected: "at least 1", found: "\(batchSize)")
    ) { try BatchLoader(CountingDataset(count: 4), batchSize: batchSize, pool: .shared) }
  }

  @Test func emptyDataHasNoBatches() throws {
    let loader = try BatchLoader(CountingDataset(count: 0), pool: .shared)
    #expect(loader.batchSize == 32)
    try loader.startEpoch()
    #expect(loader.batchCount == 0)
    #expect(try loader.next() == nil)
  }

  /// Samples whose values depend on whether denormals are flushed where they are computed.
  struct DenormalDataset: Dataset {
    let count = 512
    let inputShape: Shape = [1]
    let targetShape: Shape = [1]

    func copyInput(at index: Int, into view: MemoryView<Float>) {
      view[0] = Float(index + 1)
      view[0] *= Float.leastNonzeroMagnitude
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = 0 }
  }

  @Test(arguments: [1, 2]) func samplesDoNotDependOnWhoComputesThem(threads: Int) throws {
    let pool = ThreadPool(threads: threads)
    let loader = try BatchLoader(DenormalDataset(), batchSize: 512, pool: pool)
    for _ in 0..<20 {
      try loader.startEpoch()
      #expect(try loader.next()?.input.array.allSatisfy { $0.bitPattern == 0 } == true)
    }
  }

  @Test func epochsAreShuffledAnew() {
    let orders = (0..<5).map { BatchLoader.shuffledOrder(count: 1_000, seed: 7, epoch: $0) }
    for order in orders { #expect(order.sorted() == Array(0..<1_000)) }
    #expect(Set(orders).count == 5)
    #expect(BatchLoader.shuffledOrder(count: 1_000, seed: 7, epoch: 3) == orders[3])
    #expect(BatchLoader.shuffledOrder(count: 1_000, seed: 8, epoch: 3) != orders[3])
    #expect(BatchLoader.shuffledOrder(count: 0, seed: 7, epoch: 0) == [])
  }
}
