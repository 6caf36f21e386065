import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Layers and initializers without a counterpart in Keras, compared with torchvision and PyTorch:
/// `make_torchvision_fixtures.py`.
@Suite struct TorchvisionTests {
  struct File: Decodable {
    let stochasticDepth: [StochasticDepthCase]
    let dirac: [DiracCase]
  }

  struct StochasticDepthCase: Decodable {
    let rate: Double
    let kept: [Bool]
    let inputs, outputs, outputGradients, inputGradients, inference: FixtureTensor
  }

  struct DiracCase: Decodable {
    let groups: Int
    let kernel: FixtureTensor
  }

  /// The libraries draw different samples: compared in the first step that keeps the same ones.
  @Test func stochasticDepth() throws {
    let cases = try Fixture.load("torchvision", as: File.self).stochasticDepth
    #expect(cases.count == 5)
    for fixture in cases {
      let batch = fixture.kept.count
      let graph = try Sequential(input: Shape(Array(fixture.inputs.shape.dropFirst()))) {
        StochasticDepth(fixture.rate)
      }.graph
      func makeRun(_ mode: LayerPass.Mode) -> GraphRun {
        let run = GraphRun(graph, batch: batch, mode: mode)
        for (i, value) in fixture.inputs.data.enumerated() { run.inputs.view[i] = value }
        // The projection's gradient is divided by the batch size.
        for (i, slope) in fixture.outputGradients.data.enumerated() {
          run.targets.view[i] = slope * Float(batch)
        }
        return run
      }
      let run = makeRun(.training)
      let size = fixture.outputs.data.count / batch
      let step = (0..<10_000).first { step in
        run.run(step: step)
        return fixture.kept.indices.allSatisfy { sample in
          run.outputs[sample * size..<(sample + 1) * size].contains { $0 != 0 }
            == fixture.kept[sample]
        }
      }
      #expect(step != nil, "rate \(fixture.rate)")
      for (found, expected) in [
        (run.outputs, fixture.outputs), (run.inputGradient, fixture.inputGradients),
      ] {
        #expect(found.count == expected.data.count)
        for (x, y) in zip(found, expected.data) { #expect(abs(x - y) <= 0x1p-22 * abs(y)) }
      }
      let inference = makeRun(.inference)
      inference.run()
      #expect(inference.outputs == fixture.inference.data)
    }
  }

  @Test func dirac() throws {
    let cases = try Fixture.load("torchvision", as: File.self).dirac
    #expect(cases.count == 7)
    for fixture in cases {
      let initializer = Dirac(groups: fixture.groups)
      let shape = Shape(fixture.kernel.shape)
      try initializer.validate(for: shape)
      let kernel = Numbers.poisoned(shape.elementCount)
      initializer.fill(kernel.view, shape: shape, random: RandomStream(seed: 1, stream: 0))
      #expect(kernel.view.array == fixture.kernel.data, "\(shape), \(fixture.groups) groups")
    }
  }
}
