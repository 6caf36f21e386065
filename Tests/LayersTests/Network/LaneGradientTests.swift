import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Gradients of parameters that layers gather image by image, and that the plan sums over its
/// lanes.
@Suite struct LaneGradientTests {
  @Test(arguments: [1, 2, 7, 16, 33, 100], [[1, 1], [16, 16], [16, 1], [1, 16]]) func sumOverLanes(
    batch: Int, minima: [Int]
  ) throws {
    for phases in [1, 2] {
      let graph = try Sequential(input: [5]) { LaneScale(phases: phases, minima: minima) }.graph
      var bits: [[UInt32]] = []
      for threads in [1, 2, 3, 8] {
        let run = GraphRun(graph, batch: batch, threads: threads)
        // A second run must not add to what the first left.
        for step in 0..<2 { run.run(step: step) }
        let (x, dy) = (run.inputs.view.array, run.outputGradient)
        var expected = [Double](repeating: 0, count: 5)
        for (i, value) in x.enumerated() { expected[i % 5] += Double(value) * dy[i] }
        #expect(relativeError(run.gradients, expected) < 1e-5, "\(phases) phases")
        bits.append(run.bits)
      }
      #expect(bits.dropFirst().allSatisfy { $0 == bits[0] })
    }
  }

  /// More parameters than are summed at a time.
  @Test func longParameters() throws {
    let count = 2 * LaneSum.pieceLength + 3
    let graph = try Sequential(input: [count]) { LaneScale() }.graph
    let run = GraphRun(graph, batch: 7, threads: 3)
    run.run()
    let (x, dy) = (run.inputs.view.array, run.outputGradient)
    var expected = [Double](repeating: 0, count: count)
    for (i, value) in x.enumerated() { expected[i % count] += Double(value) * dy[i] }
    #expect(relativeError(run.gradients, expected) < 1e-5)
  }
}
