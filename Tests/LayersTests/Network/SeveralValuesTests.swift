import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Plans of graphs with several inputs and outputs, of layers that occur several times, and of
/// frozen layers.
@Suite struct SeveralValuesTests {
  /// A step of a graph on random numbers, with a random projection of each output as its loss.
  private struct Step {
    let graph: Graph
    let weights: Weights
    let workspace: Workspace
    let inputs, targets: [AlignedBuffer]

    init(
      _ graph: Graph, batch: Int = 7, threads: Int = 2, lossWeights: [Float] = [1, 1],
      sampleWeights: AlignedBuffer? = nil
    ) {
      self.graph = graph
      weights = Weights(graph: graph, seed: 1)
      workspace = Workspace(
        plan: Plan(
          graph: graph,
          request: .init(
            mode: .training, batch: batch,
            losses: graph.outputs.indices.map {
              Plan.OutputLoss(ProjectionLoss(), weight: lossWeights[$0], output: $0)
            }, isBackward: true, wantsInputGradients: true)),
        weights: weights, pool: ThreadPool(threads: threads))
      inputs = graph.inputShapes.enumerated().map {
        Numbers(batch * $1.elementCount, "input \($0)").buffer
      }
      targets = graph.outputShapes.enumerated().map {
        Numbers(batch * $1.elementCount, "target \($0)").buffer
      }
      for _ in 0..<2 {
        workspace.run(
          inputs: inputs.map(\.view), targets: targets.map(\.view),
          sampleWeights: sampleWeights?.view, seed: 3)
      }
    }

    var outputs: [[Float]] { graph.outputs.indices.map { workspace.outputs($0).array } }
    var gradients: [Float] { workspace.gradients.array }
    var inputGradients: [[Float]] {
      graph.inputs.indices.map { workspace.inputGradient($0)?.array ?? [] }
    }

    func gradient(_ name: String) -> [Float] {
      weights.entries.first { $0.name == name && $0.isTrainable }
        .map { workspace.gradients[$0.range].array } ?? []
    }
  }

  /// Two images through one stem, their features added and multiplied, two heads.
  private func twins() throws -> Graph {
    let (left, right) = (Input([5, 6, 2], name: "left"), Input([5, 6, 2], name: "right"))
    let stem = Conv2D(17, kernel: 3, padding: .same, activation: .relu, name: "stem")
    let normalization = BatchNormalization(name: "normalization")
    func features(_ x: SymbolicTensor) -> SymbolicTensor {
      Flatten()(MaxPool2D()(normalization(stem(x))))
    }
    let (a, b) = (features(left), features(right))
    let shared = Dense(4, activation: .tanh, name: "shared")
    let sum = Add()(shared(a), shared(b), shared(Add()(a, b)))
    return try Graph(
      inputs: [left, right],
      outputs: [Dense(3, name: "first")(sum), Dense(2, activation: .tanh, name: "second")(a)])
  }

  @Test func gradientsOfSharedLayersAndSeveralOutputsAreRight() throws {
    let check = try checkGradients(of: twins(), batch: 3)
    #expect(check.isPassed, "\(check)")
    #expect(
      Set(check.findings.map(\.tensor)).isSuperset(of: ["input 0", "input 1", "stem/kernel"]))
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let graph = try twins()
    let expected = Step(graph, batch: 33, threads: 1)
    for threads in [2, 3, 5] {
      let step = Step(graph, batch: 33, threads: threads)
      #expect(step.gradients.map(\.bitPattern) == expected.gradients.map(\.bitPattern))
      #expect(step.outputs == expected.outputs)
      #expect(step.inputGradients == expected.inputGradients)
    }
  }

  /// Weighted losses give the weighted sum of the gradients of each.
  @Test func lossesAreWeighted() throws {
    let graph = try twins()
    let both = Step(graph, lossWeights: [0.25, 3])
    let first = Step(graph, lossWeights: [1, 0])
    let second = Step(graph, lossWeights: [0, 1])
    let expected = zip(first.gradients, second.gradients).map { 0.25 * Double($0) + 3 * Double($1) }
    #expect(relativeError(both.gradients, expected) < 1e-5)
    let losses = (0..<2).map { both.workspace.meanLoss($0) }
    #expect(abs(both.workspace.meanLoss - (0.25 * losses[0] + 3 * losses[1])) < 1e-12)
  }

  /// A sample of weight 0 counts for nothing, one of weight 2 twice.
  @Test func samplesAreWeighted() throws {
    let graph = try Sequential(input: [3]) { Dense(2) }.graph
    let weights = AlignedBuffer(count: 7)
    for i in 0..<7 { weights.view[i] = [0, 1, 2, 0.5, 0, 1, 3][i] }
    let step = Step(graph, sampleWeights: weights)
    var expected = [Double](repeating: 0, count: 6)
    let (x, t) = (step.inputs[0].view, step.targets[0].view)
    for sample in 0..<7 {
      for (i, j) in (0..<6).map({ ($0 / 2, $0 % 2) }) {
        expected[i * 2 + j] +=
          Double(weights.view[sample] * x[sample * 3 + i] * t[sample * 2 + j]) / 7
      }
    }
    #expect(relativeError(step.gradient("dense/kernel"), expected) < 1e-5)
    #expect(step.workspace.losses()[0] == 0)
  }

  /// A frozen layer gets no gradient, passes one on, and keeps its statistics.
  @Test func frozenLayers() throws {
    let graph = try Sequential(input: [6, 6, 3]) {
      Conv2D(4, kernel: 3, activation: .relu, name: "first")
      BatchNormalization(name: "normalization")
      Conv2D(16, kernel: 3, padding: .same, name: "second")
      Flatten()
      Dense(3, name: "head")
    }.graph
    var frozen = graph
    for index in frozen.layers.indices
    where ["normalization", "second"].contains(frozen.layers[index].name) {
      frozen.layers[index].isTrainable = false
    }
    let step = Step(frozen)
    #expect(
      step.weights.entries.filter(\.isTrainable).map(\.name) == [
        "first/kernel", "first/bias", "head/kernel", "head/bias",
      ])
    let state = Weights(graph: frozen, seed: 1)
    #expect(step.weights.nonTrainable.array == state.nonTrainable.array)
    let check = try checkGradients(of: frozen)
    #expect(check.isPassed, "\(check)")
    #expect(!step.gradient("first/kernel").allSatisfy { $0 == 0 })
    // As in inference: with the moving statistics, mean 0 and variance 1, for any batch.
    let inference = Workspace(
      plan: Plan(graph: frozen, request: .init(batch: 7)), weights: step.weights,
      pool: ThreadPool(threads: 1))
    inference.run(inputs: step.inputs[0].view)
    #expect(relativeDifference(inference.outputs().array, step.outputs[0]) < 1e-5)
  }
}
