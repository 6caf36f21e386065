import LayerCases
import PinionTensor
import Testing

@testable import PinionLayers

/// The requirements of every layer: exact gradients, equal bits with any number of threads, a
/// configuration that can be read back, and freezing. A new layer is a row of ``LayerCase/all``:
/// `everyLayerHasARow` fails without.
@Suite struct LayerTableTests {
  /// Each layer once on each shape.
  static let rows: [LayerCase] = {
    var known: Set<String> = []
    return LayerCase.all.filter { known.insert("\($0.layer) on \($0.inputs)").inserted }
  }()

  @Test func everyLayerHasARow() {
    let layers = TypeRegistry.standard.all.filter { $0 is any Layer.Type }.map { "\($0)" }
    #expect(layers.count > 40)
    #expect(Set(layers).subtracting(Self.rows.map { "\(type(of: $0.layer))" }) == [])
    #expect(Self.rows.count > 350)
  }

  @Test(arguments: rows) func gradientsAreExact(row: LayerCase) throws {
    for batch in [1, 4] {
      let check = try checkGradients(of: row.smoothGraph(), batch: batch)
      #expect(check.isPassed, "\(check)")
    }
  }

  @Test(arguments: rows) func bitsDoNotDependOnThreads(row: LayerCase) throws {
    for (batch, mode) in [(1, LayerPass.Mode.training), (33, .training), (37, .inference)] {
      let runs = try [1, 2, 3, 5].map { threads in
        let run = try LayerRun(
          row.layer, row.inputs, batch: batch, mode: mode, threads: threads)
        if row.isOnIndices {
          for view in run.inputs.map(\.view) { for i in view.indices { view[i] = Float(i % 3) } }
        }
        run.run()
        return run.bits
      }
      #expect(runs.allSatisfy { $0 == runs[0] })
    }
  }

  @Test(arguments: rows) func configurationsReadBack(row: LayerCase) throws {
    let graph = try row.graph()
    let data = try graph.configuration()
    let read = try Graph(configuration: data)
    #expect(read == graph)
    #expect(try read.configuration() == data)
    #expect(read.parameterCounts == graph.parameterCounts)
  }

  /// Every layer with a kernel, a bias or vectors supports penalties and projections of them, and
  /// saves these.
  @Test func parametersHaveTerms() throws {
    let (penalty, limit) = (L1L2(l2: 0.5), NonNegative())
    let layers: [any Layer] = [
      Dense(
        2, kernelRegularizer: penalty, biasRegularizer: penalty, activityRegularizer: penalty,
        kernelConstraint: limit, biasConstraint: limit),
      Conv2D(
        2, kernel: 1, kernelRegularizer: penalty, biasRegularizer: penalty,
        activityRegularizer: penalty, kernelConstraint: limit, biasConstraint: limit),
      Conv2DTranspose(
        2, kernel: 1, kernelRegularizer: penalty, biasRegularizer: penalty,
        activityRegularizer: penalty, kernelConstraint: limit, biasConstraint: limit),
      DepthwiseConv2D(
        kernel: 1, kernelRegularizer: penalty, biasRegularizer: penalty,
        activityRegularizer: penalty, kernelConstraint: limit, biasConstraint: limit),
      SeparableConv2D(
        2, kernel: 1, depthwiseRegularizer: penalty, pointwiseRegularizer: penalty,
        biasRegularizer: penalty, activityRegularizer: penalty, depthwiseConstraint: limit,
        pointwiseConstraint: limit, biasConstraint: limit),
      MultiHeadAttention(
        1, keyDim: 2, kernelRegularizer: penalty, biasRegularizer: penalty,
        activityRegularizer: penalty, kernelConstraint: limit, biasConstraint: limit),
      Embedding(3, 2, embeddingsRegularizer: penalty, embeddingsConstraint: limit),
    ]
    for layer in layers {
      let parameters = try layer.parameters(for: [[4, 4, 3]])
      #expect(!parameters.isEmpty)
      #expect(layer is Embedding || layer.activityRegularizer as? L1L2 == penalty, "\(layer)")
      for parameter in parameters {
        #expect(parameter.regularizer as? L1L2 == penalty, "\(layer) \(parameter.name)")
        #expect(parameter.constraint is NonNegative, "\(layer) \(parameter.name)")
      }
      let input = Input([4, 4, 3])
      let graph = try Graph(input: input, output: layer.output(for: [input]))
      #expect(try Graph(configuration: graph.configuration()) == graph)
    }
  }

  /// A frozen layer has the gradient of its input and none of its parameters.
  @Test(arguments: rows) func frozenLayersPassGradientsOn(row: LayerCase) throws {
    let trained = try LayerRun(row.layer, row.inputs, batch: 4)
    let frozen = try LayerRun(row.layer, row.inputs, batch: 4, isFrozen: true)
    // Both draw equal parameters.
    for run in [trained, frozen] {
      if row.isOnIndices { for input in run.inputs { input.view.fill(1) } }
      run.run()
    }
    #expect(frozen.gradients.isEmpty)
    // One that is frozen runs as in inference.
    if row.layer is BatchNormalization { return #expect(frozen.outputs != trained.outputs) }
    #expect(frozen.outputs.map(\.bitPattern) == trained.outputs.map(\.bitPattern))
    #expect(frozen.inputGradients == trained.inputGradients)
  }
}

extension LayerCase {
  fileprivate var isOnIndices: Bool { if case .indices = values { true } else { false } }

  /// The layer on inputs of any numbers, which become indices where the layer needs them.
  fileprivate func smoothGraph() throws -> Graph {
    guard case .indices(let count) = values else { return try graph() }
    let tensors = inputs.map { Input($0) }
    return try Graph(
      inputs: tensors, outputs: [layer.output(for: tensors.map { Indices(count: count)($0) })])
  }
}

/// Numbers within ±10 as whole numbers in 0..<count, which nothing depends on smoothly.
private struct Indices: SamplewiseLayer {
  var count: Int

  func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

  func forward(_ context: LayerContext) {
    let (x, y) = (context.inputs[0], context.output)
    for i in x.indices { y[i] = Float((Int((x[i] * 7).rounded(.down)) + 100) % count) }
  }

  func backward(_ context: LayerContext) { context.inputGradients[0]?.fill(0) }
}
