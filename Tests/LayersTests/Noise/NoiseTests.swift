import PinionTensor
import Testing

@testable import PinionLayers

/// The layers with random changes: the noise depends only on seed, layer, step and index in the
/// batch, has the requested distribution, and applies to the gradient.
@Suite struct NoiseTests {
  /// The outputs for inputs of 1, with the gradient checked: `factors` times the outputs' gradient.
  private func outputs(
    _ layer: some Layer, shape: Shape = [4, 3, 5], batch: Int, seed: UInt64 = 1, step: Int = 0,
    threads: Int = 1, isAdditive: Bool = false
  ) throws -> [Float] {
    let graph = try Sequential(input: shape) { layer }.graph
    let run = GraphRun(graph, batch: batch, threads: threads)
    run.inputs.view.fill(1)
    run.workspace.run(inputs: run.inputs.view, targets: run.targets.view, seed: seed, step: step)
    for (i, gradient) in run.inputGradient.enumerated() {
      let expected = (isAdditive ? 1 : run.outputs[i]) * run.targets.view[i] / Float(batch)
      #expect(abs(gradient - expected) <= 1e-6 * abs(expected))
    }
    return run.outputs
  }

  private static let layers: [any Layer] = [
    SpatialDropout2D(0.4), GaussianNoise(0.5), GaussianDropout(0.3), StochasticDepth(0.4),
  ]

  @Test(arguments: 0..<4) func dependsOnThePlaceInTheBatchAlone(number: Int) throws {
    let layer = Self.layers[number]
    func draw(batch: Int, threads: Int = 1, seed: UInt64 = 1, step: Int = 0) throws -> [Float] {
      try outputs(
        layer, batch: batch, seed: seed, step: step, threads: threads,
        isAdditive: layer is GaussianNoise)
    }
    let all = try draw(batch: 100)
    for threads in [2, 3, 5] { #expect(try draw(batch: 100, threads: threads) == all) }
    for batch in [1, 2, 7, 33] {
      let first = Array(all.prefix(batch * 60))
      #expect(try draw(batch: batch) == first)
    }
    #expect(try draw(batch: 100, seed: 2) != all)
    #expect(try draw(batch: 100, step: 1) != all)
    // The samples differ.
    let samples = (0..<100).map { (number: Int) -> [Float] in
      Array(all[number * 60..<(number + 1) * 60])
    }
    #expect(Set(samples).count > 1)
  }

  @Test(arguments: [0.1, 0.5, 0.9]) func spatialDropout(rate: Double) throws {
    let outputs = try outputs(SpatialDropout2D(rate), shape: [3, 2, 50], batch: 40)
    var dropped = 0
    for sample in 0..<40 {
      for channel in 0..<50 {
        let values = Set((0..<6).map { outputs[(sample * 6 + $0) * 50 + channel] })
        #expect(values == [0] || values == [Float(1 / (1 - rate))])
        if values == [0] { dropped += 1 }
      }
    }
    // Five standard deviations of a share of 2,000.
    let error = (rate * (1 - rate) / 2_000).squareRoot()
    #expect(abs(Double(dropped) / 2_000 - rate) < 5 * error)
  }

  /// As torchvision's `stochastic_depth(x, p, "row")`: whole samples, over the survival rate.
  @Test(arguments: [0.1, 0.5, 0.9]) func stochasticDepth(rate: Double) throws {
    let outputs = try outputs(StochasticDepth(rate), shape: [3], batch: 2_000)
    var dropped = 0
    for sample in 0..<2_000 {
      let values = Set(outputs[sample * 3..<sample * 3 + 3])
      #expect(values == [0] || values == [Float(1 / (1 - rate))])
      if values == [0] { dropped += 1 }
    }
    let error = (rate * (1 - rate) / 2_000).squareRoot()
    #expect(abs(Double(dropped) / 2_000 - rate) < 5 * error)
  }

  @Test func gaussian() throws {
    let noise = try outputs(GaussianNoise(0.5), shape: [99], batch: 300, isAdditive: true)
      .map { Double($0) - 1 }
    let factors = try outputs(GaussianDropout(0.2), shape: [99], batch: 300).map(Double.init)
    let count = Double(noise.count)
    for (values, mean, deviation) in [(noise, 0.0, 0.5), (factors, 1.0, 0.5)] {
      let found = values.reduce(0, +) / count
      let squares = values.reduce(0) { $0 + ($1 - found) * ($1 - found) }
      #expect(abs(found - mean) < 5 * deviation / count.squareRoot())
      let spread = (squares / count).squareRoot() / deviation
      #expect(abs(spread - 1) < 5 * 0.71 / count.squareRoot())
    }
  }

  @Test func extremeRates() throws {
    for layer in [SpatialDropout2D(1), StochasticDepth(1)] as [any Layer] {
      #expect(try outputs(layer, batch: 3).allSatisfy { $0 == 0 })
    }
    for layer in [
      SpatialDropout2D(0), StochasticDepth(0), GaussianDropout(0), GaussianNoise(0),
    ] as [any Layer] {
      #expect(try outputs(layer, batch: 3, isAdditive: true).allSatisfy { $0 == 1 })
    }
  }

  @Test(arguments: 0..<4) func doesNothingInInference(number: Int) throws {
    let graph = try Graph(Self.layers[number], on: [4, 3, 5])
    let run = GraphRun(graph, batch: 3, mode: .inference)
    run.run()
    #expect(run.outputs == run.inputs.view.array)
  }

  @Test func refusals() {
    let bad: [(any Layer, Shape)] = [
      (SpatialDropout2D(-0.1), [2, 2, 2]), (SpatialDropout2D(0.5), [4]),
      (StochasticDepth(1.5), [4]), (StochasticDepth(.nan), [4]), (GaussianDropout(1), [4]),
      (GaussianNoise(-1), [4]), (GaussianNoise(.infinity), [4]),
    ]
    for (layer, shape) in bad {
      #expect(throws: GraphError.self, "\(layer)") { try Graph(layer, on: shape) }
    }
  }
}

extension Graph {
  /// A layer by itself.
  init(_ layer: any Layer, on shape: Shape) throws {
    self = try Sequential(input: shape) { [layer] }.graph
  }
}
