import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Sums over lanes follow a balanced binary tree, whose subtrees can be added up elsewhere to the
/// same bits.
@Suite struct LaneTreeTests {
  /// The sum along the tree, by the definition.
  private func treeSum(_ lanes: ArraySlice<[Float]>) -> [Float] {
    if lanes.count == 1 { return lanes[lanes.startIndex] }
    let middle = lanes.startIndex + lanes.count / 2
    return zip(treeSum(lanes[..<middle]), treeSum(lanes[middle...])).map { $0 + $1 }
  }

  private func add(_ parts: [[Float]]) -> [Float] { treeSum(parts[...]) }

  private func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

  @Test(arguments: [16, 33, 100, 512, 1_024])
  func gradientsAreAddedAlongTheTree(batch: Int) throws {
    let graph = try Sequential(input: [5]) { LaneScale() }.graph
    let laneCount = BatchPartition.laneCount(batch: batch)
    #expect(laneCount == (batch < 1_024 ? 16 : 32))
    for threads in [1, 2, 3, 5] {
      let run = GraphRun(graph, batch: batch, threads: threads)
      run.run()
      let (x, dy) = (run.inputs.view.array, run.targets.view.array)
      let lanes = (0..<laneCount).map { lane in
        var sums = [Float](repeating: 0, count: 5)
        for sample in BatchPartition.part(lane, of: laneCount, in: 0..<batch) {
          for i in sample * 5..<(sample + 1) * 5 {
            sums[i % 5] += dy[i] * (1 / Float(batch)) * x[i]
          }
        }
        return sums
      }
      let found = bits(run.gradients)
      #expect(found == bits(treeSum(lanes[...])), "\(threads) threads")
      // Two, four and eight parties that add their lanes, then each other's sums.
      for parties in [2, 4, 8] {
        let size = laneCount / parties
        let parts = (0..<parties).map { treeSum(lanes[$0 * size..<($0 + 1) * size]) }
        #expect(found == bits(add(parts)), "\(parties) parties")
      }
      // Not in the order of the lanes, which would tell nothing if it gave the same.
      let inOrder = lanes.dropFirst().reduce(lanes[0]) { zip($0, $1).map { $0 + $1 } }
      #expect(found != bits(inOrder))
    }
  }

  @Test(arguments: [1, 2, 4, 16, 64]) func lanesOfLongGradients(laneCount: Int) {
    let width = 1_000
    let lanes = Numbers(laneCount * width, "lanes")
    let rows = (0..<laneCount).map { lanes.view[$0 * width..<($0 + 1) * width].array }
    let before = Numbers(width, "before")
    for isFirst in [true, false] {
      let (copy, target) = (
        AlignedBuffer(copying: lanes.view), AlignedBuffer(copying: before.view)
      )
      for range in [0..<300, 300..<width] {
        LaneSum.add(
          copy.view, laneCount: laneCount, range: range, to: target.view, isFirst: isFirst)
      }
      let sum = treeSum(rows[...])
      let expected = isFirst ? sum : zip(before.view.array, sum).map { $0 + $1 }
      #expect(bits(target.view.array) == bits(expected))
    }
  }

  @Test func theMeanLossIsASumAlongTheTree() throws {
    let batch = 100
    let run = GraphRun(try Sequential(input: [5]) { Dense(3) }.graph, batch: batch)
    run.run()
    let losses = run.losses
    let lanes = (0..<16).map { lane in
      BatchPartition.part(lane, of: 16, in: 0..<batch).reduce(0.0) { $0 + Double(losses[$1]) }
    }
    func sum(_ lanes: ArraySlice<Double>) -> Double {
      if lanes.count == 1 { return lanes[lanes.startIndex] }
      let middle = lanes.startIndex + lanes.count / 2
      return sum(lanes[..<middle]) + sum(lanes[middle...])
    }
    #expect(run.workspace.meanLoss == sum(lanes[...]) / Double(batch))
  }
}
