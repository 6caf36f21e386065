import Foundation
import PinionData
import PinionTensor
import Synchronization
import Testing

@Suite struct PrefetchTests {
  /// Records which samples are prefetched.
  private final class RecordingDataset: Dataset {
    let count = 100
    let inputShape: Shape = [1]
    let targetShape: Shape = [1]
    private let recorded = Mutex<[Int]>([])

    func copyInput(at index: Int, into view: MemoryView<Float>) { view[0] = Float(index) }
    func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = 0 }
    func prefetch(at index: Int) { recorded.withLock { $0.append(index) } }

    func take() -> [Int] {
      recorded.withLock { recorded in
        defer { recorded = [] }
        return recorded
      }
    }
  }

  private let recording = RecordingDataset()

  @Test(arguments: [1, 3], [1, 7, 16, 40, 100, 1000])
  func theNextBatchIsPrefetched(threads: Int, batchSize: Int) throws {
    let loader = try BatchLoader(
      recording, batchSize: batchSize, pool: ThreadPool(threads: threads))
    for order in [nil, BatchLoader.shuffledOrder(count: 100, seed: 1, epoch: 0)] {
      try loader.startEpoch(order: order)
      var known = Set((order ?? Array(0..<100)).prefix(batchSize))
      while let batch = try loader.next() {
        // The batch after this one may be under way.
        known.formUnion(recording.take())
        for row in 0..<batch.count { #expect(known.contains(Int(batch.input[row]))) }
      }
      known.formUnion(recording.take())
      #expect(known.count == 100)
    }
  }

  @Test func everySampleIsPrefetchedOnce() throws {
    let loader = try BatchLoader(recording, batchSize: 30)
    for _ in 0..<2 {
      try loader.startEpoch()
      while try loader.next() != nil {}
      #expect(recording.take().sorted() == Array(30..<100))
    }
  }

  @Test func wrappersAskTheirBase() throws {
    let chain = try ChainedDataset([recording.prefix(10), recording.subset([5, 90, 3])])
    for index in [0, 9, 10, 11, 12] { chain.prefetch(at: index) }
    #expect(recording.take() == [0, 9, 5, 90, 3])
  }

  @Test func filesOfRecordsReadTheSame() throws {
    let folder = try TemporaryFolder()
    let records = (0..<50).flatMap { record -> [UInt8] in
      let value = UInt8(record)
      return [0, value, value, value, value]
    }
    let file = try folder.write(records, to: "records.bin")
    let dataset = try ImageFileDataset(
      cifarRecords: [file], imageShape: [2, 2, 1], classNames: ["a"])
    let loader = try BatchLoader(dataset, batchSize: 8)
    try loader.startEpoch()
    var next: Float = 0
    while let batch = try loader.next() {
      for row in 0..<batch.count {
        #expect(batch.input[4 * row] == next / 255)
        next += 1
      }
    }
    #expect(next == 50)
  }
}
