import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// A plan whose loss starts from logits gives probabilities where they are asked for, at the price
/// of nothing else.
@Suite struct ProbabilitiesTests {
  private struct Run {
    let workspace: Workspace
    let weights: Weights
    let inputs: AlignedBuffer

    // Views do not keep the memory alive that they show.
    var outputs: [Float] { withExtendedLifetime(workspace) { workspace.outputs().array } }
    var losses: [Float] { withExtendedLifetime(workspace) { workspace.losses().array } }
    var gradients: [Float] { withExtendedLifetime(workspace) { workspace.gradients.array } }

    init(_ graph: Graph, _ request: Plan.Request, threads: Int = 2) {
      weights = Weights(graph: graph, seed: 1)
      inputs = Numbers(request.batch * graph.inputShape.elementCount, "inputs").buffer
      let rows = graph.outputShape.elementCount / (graph.outputShape.last ?? 1)
      let targets = AlignedBuffer(count: request.batch * rows)
      for i in targets.view.indices { targets.view[i] = Float(i % 3) }
      workspace = Workspace(
        plan: Plan(graph: graph, request: request), weights: weights,
        pool: ThreadPool(threads: threads))
      workspace.run(
        inputs: inputs.view, targets: request.losses.isEmpty ? nil : targets.view, seed: 3, step: 2)
    }
  }

  static let loss = SparseCategoricalCrossEntropy()

  static func graphs() throws -> [Graph] {
    let input = Input([6])
    let hidden = Dense(3, activation: .relu)(input)
    return [
      try Sequential(input: [6]) {
        Dense(8, activation: .relu)
        Dense(3, activation: .softmax)
      }.graph,
      // Logits that another layer's backward pass reads as well.
      try Graph(input: input, output: Activation(.softmax)(hidden)),
      try Graph(
        input: input, output: Activation(.softmax)(Add()(hidden, Activation(.tanh)(hidden)))),
      try Sequential(input: [6]) {
        Dropout(0.3)
        Dense(3)
        BatchNormalization()
        Activation(.softmax)
      }.graph,
      try Sequential(input: [5, 4, 2]) { Conv2D(3, kernel: 3, activation: .softmax) }.graph,
    ]
  }

  @Test(arguments: [1, 7, 33]) func areWhatPredictionsAre(batch: Int) throws {
    for graph in try Self.graphs() {
      let predicted = Run(graph, .init(batch: batch)).outputs
      let evaluated = Run(graph, .init(batch: batch, loss: Self.loss, wantsProbabilities: true))
      #expect(evaluated.workspace.plan.areLogits())
      #expect(evaluated.outputs == predicted)
      let logits = Run(graph, .init(batch: batch, loss: Self.loss))
      #expect(logits.outputs != predicted)
      #expect(logits.losses == evaluated.losses)
    }
  }

  @Test(arguments: [1, 7, 33]) func changeNoGradient(batch: Int) throws {
    for graph in try Self.graphs() {
      func run(_ wantsProbabilities: Bool, threads: Int) -> Run {
        Run(
          graph,
          .init(
            mode: .training, batch: batch, loss: Self.loss, isBackward: true,
            wantsProbabilities: wantsProbabilities), threads: threads)
      }
      let plain = run(false, threads: 1)
      let bits = plain.gradients.map(\.bitPattern)
      let outputs = run(true, threads: 1).outputs
      for row in stride(from: 0, to: outputs.count, by: 3) {
        #expect(abs(outputs[row..<row + 3].reduce(0, +) - 1) < 1e-6)
      }
      for threads in [1, 2, 3, 5] {
        let other = run(true, threads: threads)
        #expect(other.gradients.map(\.bitPattern) == bits)
        #expect(other.weights.nonTrainable.array == plain.weights.nonTrainable.array)
        #expect(other.outputs == outputs)
      }
    }
  }
}
