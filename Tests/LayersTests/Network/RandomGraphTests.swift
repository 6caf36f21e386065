import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// The merged plan with its shared memory on random graphs: against its layers one by one, against
/// a plan that overwrites nothing, against differences, and, bit by bit, against itself on other
/// numbers of threads.
@Suite struct RandomGraphTests {
  static let numbers = 0..<120
  static let batches = [1, 2, 7, 16, 33, 100]

  /// Within 10⁻⁴ of each tensor's norm: the layers' errors of 10⁻⁶ grow on the way through up to a
  /// dozen of them, while memory overwritten too early changes whole tensors.
  @Test func equalsItsLayersOneByOne() throws {
    for number in Self.numbers {
      let graph = try RandomGraph.make(number, size: 3 + number % 12, isSmooth: false)
      let batch = Self.batches[number % Self.batches.count]
      let run = GraphRun(
        graph, batch: batch, loss: .sparseCategoricalCrossEntropy, targetCount: 1, threads: 2)
      let labels = (0..<batch).map { $0 % 3 }
      for (image, label) in labels.enumerated() { run.targets.view[image] = Float(label) }
      let expected = try NodeByNode(run, labels: labels, step: number)
      run.workspace.gradients.fill(0)
      run.run(step: number)
      #expect(run.workspace.plan.areLogits())
      #expect(relativeDifference(run.losses, expected.losses) < 1e-4, "losses of graph \(number)")
      let inputGradient = relativeDifference(run.inputGradient, expected.inputGradient)
      #expect(inputGradient < 1e-4, "input's gradient of graph \(number)")
      // Some are zero but for rounding, such as a bias's before a normalization: these are measured
      // by all of them.
      let size = norm(expected.gradients.values.flatMap { $0.map(Double.init) })
      for entry in run.weights.entries where entry.isTrainable {
        let gradient = run.workspace.gradients[entry.range].array
        // Nothing follows from a dead branch.
        let right = expected.gradients[entry.name] ?? gradient.map { _ in 0 }
        let error = relativeError(gradient, right.map(Double.init), floor: 0.01 * size)
        #expect(error < 1e-4, "\(entry.name) of graph \(number)")
      }
    }
  }

  @Test(arguments: [LayerPass.Mode.training, .inference]) func overwritesNothingThatIsRead(
    mode: LayerPass.Mode
  ) throws {
    for number in Self.numbers {
      let graph = try RandomGraph.make(number, size: 3 + number % 12, isSmooth: false)
      let batch = Self.batches[number % Self.batches.count]
      let merged = GraphRun(graph, batch: batch, mode: mode, isBackward: false)
      let separate = GraphRun(graph, batch: batch, mode: mode, isBackward: false, keepsValues: true)
      merged.run()
      separate.run()
      #expect(
        relativeDifference(merged.outputs, separate.outputs) < 1e-5, "outputs of graph \(number)")
      #expect(relativeDifference(merged.state, separate.state) < 1e-5, "state of graph \(number)")
      #expect(separate.workspace.value(graph.outputs[0]).array == separate.outputs)
    }
  }

  @Test func keptValuesAreTheLayers() throws {
    for number in Self.numbers {
      let graph = try RandomGraph.make(number, size: 3 + number % 12, isSmooth: false)
      let run = GraphRun(graph, batch: 7, keepsValues: true)
      let expected = try NodeByNode(run)
      run.run()
      for node in graph.nodes {
        let difference = relativeDifference(
          run.workspace.value(node.output).array, expected.values[node.output])
        #expect(difference < 1e-4, "\(node.name) of graph \(number)")
      }
    }
  }

  @Test func gradientsAreDifferences() throws {
    for number in 0..<16 {
      let graph = try RandomGraph.make(number, size: 3 + number % 6, isSmooth: true)
      let result = try checkGradients(of: graph, batch: 1 + number % 4)
      #expect(result.isPassed, "graph \(number): \(result)")
    }
  }

  @Test(arguments: batches) func bitsDoNotDependOnThreads(batch: Int) throws {
    for number in stride(from: 0, to: 60, by: 4) {
      let graph = try RandomGraph.make(number, size: 3 + number % 12, isSmooth: false)
      var bits: [[UInt32]] = []
      for threads in [1, 2, 3, 8] {
        let run = GraphRun(
          graph, batch: batch, loss: CategoricalCrossEntropy(), threads: threads)
        for step in 0..<2 { run.run(step: step) }
        bits.append(run.bits)
      }
      #expect(bits.dropFirst().allSatisfy { $0 == bits[0] }, "graph \(number)")
    }
  }

  /// The graphs are of the kinds that the others tests are about.
  @Test func theGraphsAreVaried() throws {
    let graphs = try Self.numbers.map {
      try RandomGraph.make($0, size: 3 + $0 % 12, isSmooth: false)
    }
    let twice = graphs.filter { $0.nodes.contains { Set($0.inputs).count < $0.inputs.count } }
    let dead = graphs.filter { graph in
      graph.consumers.dropFirst().dropLast().contains(where: \.isEmpty)
    }
    let shared = graphs.filter { graph in graph.consumers.contains { $0.count > 2 } }
    #expect(twice.count > 10 && dead.count > 20 && shared.count > 20)
    let inPlace = graphs.filter { graph in
      let plan = Plan(graph: graph, request: .init(batch: 2))
      return Set(plan.values).count < plan.values.count
    }
    #expect(inPlace.count > 50)
  }
}
