import Synchronization
import Testing

@testable import PinionTensor

@Suite struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8]) func everyPieceRunsOnce(threads: Int) {
    let pool = ThreadPool(threads: threads)
    let hits = AlignedBuffer(count: 1_000)
    let view = hits.view
    for _ in 0..<200 { pool.run(count: 1_000) { piece, _ in view[piece] += 1 } }
    #expect(view.array == [Float](repeating: 200, count: 1_000))
  }

  @Test func aWorkerTakesItsOwnPiecesFirst() {
    let pieces = DealtPieces(workers: 3)
    #expect(pieces.take(by: 0) == nil && !pieces.remain)
    pieces.deal(10, to: 3)
    #expect((0..<8).map { _ in pieces.take(by: 1) } == [3, 4, 5, 6, 7, 8, 9, 0])
    #expect(pieces.take(by: 2) == 1 && pieces.remain)
    #expect(pieces.take(by: 0) == 2 && !pieces.remain)
    #expect((0..<3).allSatisfy { pieces.take(by: $0) == nil })
  }

  @Test func piecesAreDealtToFewWorkers() {
    let pieces = DealtPieces(workers: 4)
    pieces.deal(9, to: 2)
    #expect(pieces.take(by: 1) == 4 && pieces.take(by: 0) == 0)
    pieces.deal(9, to: 3)
    #expect(pieces.take(by: 1) == 3 && pieces.take(by: 2) == 6)
    #expect((0..<3).map { _ in pieces.take(by: 0) } == [0, 1, 2] && pieces.remain)
    pieces.deal(3, to: 8)
    #expect((0..<4).map { pieces.take(by: $0) } == [0, 1, 2, nil])
    pieces.deal(2, to: 4)
    #expect(pieces.take(by: 3) == 1 && pieces.take(by: 3) == 0 && !pieces.remain)
  }

  @Test func concurrentPiecesHaveDifferentWorkers() {
    let pool = ThreadPool(threads: 3)
    let inUse = Atomic<UInt64>(0)
    let clashes = Atomic<Int>(0)
    pool.run(count: 3_000) { _, worker in
      let bit = UInt64(1) << UInt64(worker)
      if inUse.bitwiseOr(bit, ordering: .relaxed).oldValue & bit != 0 || worker >= 3 {
        clashes.add(1, ordering: .relaxed)
      }
      inUse.bitwiseAnd(~bit, ordering: .relaxed)
    }
    #expect(clashes.load(ordering: .relaxed) == 0)
  }

  @Test func loopInsideLoopRunsToTheEnd() {
    let pool = ThreadPool(threads: 2)
    let sum = Atomic<Int>(0)
    pool.run(count: 10) { _, _ in
      pool.run(count: 10) { _, _ in sum.add(1, ordering: .relaxed) }
    }
    #expect(sum.load(ordering: .relaxed) == 100)
  }

  @Test(arguments: [1, 2, 3]) func backgroundJobsFinish(threads: Int) {
    let pool = ThreadPool(threads: threads)
    let background = AlignedBuffer(count: 64)
    let written = background.view
    let job = BackgroundJob(pool: pool, count: 64) { piece in written[piece] += 1 }
    let foreground = Atomic<Int>(0)
    for round in 1...200 {
      job.start()
      pool.run(count: 16) { _, _ in foreground.add(1, ordering: .relaxed) }
      job.wait()
      #expect(written.array == [Float](repeating: Float(round), count: 64))
    }
    #expect(foreground.load(ordering: .relaxed) == 3_200)
  }

  @Test func denormalsAreFlushedInsideAndKeptOutside() {
    let tiny = Float.leastNonzeroMagnitude
    let results = AlignedBuffer(count: 8)
    let view = results.view
    view.fill(1)
    let factor = AlignedBuffer(count: 1)
    factor.view[0] = tiny
    let read = factor.view
    ThreadPool(threads: 2).run(count: 8) { piece, _ in view[piece] = read[0] * 1.5 }
    #expect(view.array == [Float](repeating: 0, count: 8))
    #expect(read[0] * 1.5 != 0)
  }
}
