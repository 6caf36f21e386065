import PinionTensor
import Testing

@testable import PinionLayers

/// The selection of a dropout depends only on seed, layer, step and index in the batch.
@Suite struct DropoutTests {
  private func mask(
    _ layer: Dropout, shape: Shape = [7, 3], batch: Int, seed: UInt64 = 1, step: Int = 0,
    threads: Int = 1
  ) throws -> [Bool] {
    let graph = try Sequential(input: shape) { layer }.graph
    let run = GraphRun(graph, batch: batch, threads: threads)
    run.inputs.view.fill(1)
    run.workspace.run(inputs: run.inputs.view, targets: run.targets.view, seed: seed, step: step)
    let scale = Float(1 / (1 - layer.rate))
    #expect(run.outputs.allSatisfy { $0 == 0 || $0 == scale })
    // The gradient has the same mask as the values.
    for (i, gradient) in run.inputGradient.enumerated() {
      let expected = run.outputs[i] == 0 ? 0 : scale * run.targets.view[i] / Float(batch)
      #expect(abs(gradient - expected) <= 1e-6 * abs(expected))
    }
    return run.outputs.map { $0 != 0 }
  }

  @Test func dependsOnThePlaceInTheBatchAlone() throws {
    let all = try mask(Dropout(0.4), batch: 100)
    for threads in [2, 3, 8] {
      #expect(try mask(Dropout(0.4), batch: 100, threads: threads) == all)
    }
    for batch in [1, 2, 7, 16, 33] {
      #expect(try mask(Dropout(0.4), batch: batch) == Array(all.prefix(batch * 21)))
    }
    // Equal images at two indices have different masks.
    #expect(all[0..<21] != all[21..<42])
  }

  /// Independent of the other layers of the graph and of the lanes: a dense layer has few, a
  /// convolution many.
  @Test func doesNotDependOnItsNeighbors() throws {
    let alone = try mask(Dropout(0.4, name: "drop"), shape: [4, 4, 2], batch: 33)
    let graph = try Sequential(input: [4, 4, 2]) {
      Conv2D(2, kernel: 1, kernelInitializer: .zeros, biasInitializer: .ones)
      Dropout(0.4, name: "drop")
      Dense(2)
    }.graph
    let run = GraphRun(graph, batch: 33, keepsValues: true, noise: 0)
    run.workspace.run(inputs: run.inputs.view, targets: run.targets.view, seed: 1)
    #expect(run.workspace.value(ValueID(2)).array.map { $0 != 0 } == alone)
  }

  @Test func differsWithSeedStepAndLayer() throws {
    let masks = [
      try mask(Dropout(0.5), batch: 33), try mask(Dropout(0.5), batch: 33, seed: 2),
      try mask(Dropout(0.5), batch: 33, step: 1), try mask(Dropout(0.5), batch: 33, step: 2),
      try mask(Dropout(0.5, name: "other"), batch: 33),
    ]
    for (i, mask) in masks.enumerated() {
      for other in masks[..<i] {
        // Independent masks agree in half of the places: 693 of them, a standard deviation of
        // 0.019.
        let equal = zip(mask, other).filter { $0 == $1 }.count
        #expect(abs(Double(equal) / Double(mask.count) - 0.5) < 0.1)
      }
    }
    #expect(try mask(Dropout(0.5), batch: 33) == masks[0])
  }

  @Test(arguments: [0.1, 0.25, 0.5, 0.9]) func dropsTheExpectedShare(rate: Double) throws {
    let mask = try mask(Dropout(rate), shape: [100, 100], batch: 16)
    let dropped = Double(mask.filter { !$0 }.count) / Double(mask.count)
    // Five standard deviations of a share of 160,000.
    #expect(abs(dropped - rate) < 5 * (rate * (1 - rate) / 160_000).squareRoot())
  }

  @Test func ratesZeroAndOne() throws {
    let run = GraphRun(try Sequential(input: [9]) { Dropout(0) }.graph, batch: 3)
    run.run()
    #expect(run.outputs == run.inputs.view.array)
    #expect(relativeError(run.inputGradient, run.outputGradient) < 1e-6)
    let all = GraphRun(try Sequential(input: [9]) { Dropout(1) }.graph, batch: 3)
    all.run()
    #expect(all.outputs == Array(repeating: 0, count: 27))
    #expect(all.inputGradient == Array(repeating: 0, count: 27))
  }

  @Test func doesNothingInInference() throws {
    let graph = try Sequential(input: [9]) { Dropout(0.5) }.graph
    let run = GraphRun(graph, batch: 3, mode: .inference)
    run.run()
    #expect(run.outputs == run.inputs.view.array)
  }
}
