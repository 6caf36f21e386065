import PinionTensor
import Testing

@testable import PinionLayers

/// The requirements of every layer: exact gradients, equal bits with any number of threads, and a
/// configuration that can be read back. A new layer is a row: `everyLayerHasARow` fails without.
@Suite struct LayerTableTests {
  struct Row: CustomTestStringConvertible {
    let layer: any Layer
    let inputs: [Shape]
    /// A layer whose outputs are valid inputs of the layer. Default: none, all numbers are valid.
    var preparing: (any Layer)?

    init(_ layer: any Layer, _ inputs: Shape..., preparing: (any Layer)? = nil) {
      (self.layer, self.inputs, self.preparing) = (layer, inputs, preparing)
    }

    var testDescription: String { "\(layer) \(inputs)" }

    /// Only the layer.
    func layerGraph() throws -> Graph {
      let tensors = inputs.map { Input($0) }
      return try Graph(
        inputs: tensors, outputs: [SymbolicTensor(source: .init(.layer(layer), inputs: tensors))])
    }

    /// The layer on valid inputs.
    func graph() throws -> Graph {
      let tensors = inputs.map { Input($0) }
      let prepared = tensors.map { tensor in
        preparing.map { SymbolicTensor(source: .init(.layer($0), inputs: [tensor])) } ?? tensor
      }
      return try Graph(
        inputs: tensors, outputs: [SymbolicTensor(source: .init(.layer(layer), inputs: prepared))])
    }
  }

  static let rows: [Row] = [
    Row(Dense(3, activation: .tanh), [4, 5]), Row(Flatten(), [3, 2, 2]),
    Row(Conv2D(4, kernel: 3, padding: .same, activation: .gelu), [5, 6, 3]),
    Row(Conv2D(6, kernel: 2, dilation: 2, groups: 3, usesBias: false), [5, 6, 3]),
    Row(DepthwiseConv2D(kernel: 3, stride: 2, padding: .same, depthMultiplier: 2), [5, 6, 3]),
    Row(DepthwiseConv2D(kernel: 2, dilation: Size2D(2, 1), activation: .silu), [5, 6, 3]),
    Row(SeparableConv2D(4, kernel: 3, dilation: 2, activation: .tanh), [6, 7, 3]),
    Row(Conv2DTranspose(4, kernel: 3, stride: 2, padding: .same), [3, 4, 2]),
    Row(Conv2DTranspose(2, kernel: 2, stride: 3, outputPadding: 1, activation: .elu), [3, 4, 2]),
    Row(MaxPool2D(3, stride: 2, padding: .same), [7, 5, 3]),
    Row(Activation(.softplus), [4, 5]), Row(PReLU(sharedAxes: [1]), [4, 5]),
    Row(BatchNormalization(axis: 1), [4, 3, 5]), Row(LayerNormalization(), [4, 5]),
    Row(GroupNormalization(groups: 2), [4, 3, 6]), Row(RMSNormalization(), [4, 5]),
    Row(UnitNormalization(), [4, 5]), Row(Rescaling(0.5, offset: 2), [4, 5]),
    Row(Normalization(mean: [1, 2, 3], variance: [1, 4, 2]), [4, 3]),
    Row(Dropout(0.3), [4, 5]), Row(SpatialDropout2D(0.3), [3, 4, 5]),
    Row(GaussianDropout(0.3), [4, 5]), Row(GaussianNoise(0.3), [4, 5]),
    Row(StochasticDepth(0.3), [4, 5]),
    Row(AveragePool2D(), [7, 5, 3]), Row(AveragePool2D(3, stride: 2, padding: .same), [7, 5, 3]),
    Row(AveragePool2D(Size2D(2, 3), stride: 1, name: "mean"), [7, 5, 3]),
    Row(GlobalAveragePooling2D(), [4, 3, 5]),
    Row(GlobalAveragePooling2D(keepDims: true), [4, 3, 5]),
    Row(GlobalMaxPooling2D(), [4, 3, 5]), Row(GlobalMaxPooling2D(keepDims: true), [4, 3, 5]),
    Row(GlobalAveragePooling1D(), [6, 5]), Row(GlobalMaxPooling1D(keepDims: true), [6, 5]),
    Row(ZeroPadding2D(), [3, 4, 2]),
    Row(ZeroPadding2D(Edges2D(top: 1, bottom: 2, left: 0, right: 3)), [3, 4, 2]),
    Row(Cropping2D(1), [4, 5, 2]),
    Row(Cropping2D(Edges2D(top: 1, bottom: 0, left: 2, right: 1)), [4, 5, 2]),
    Row(UpSampling2D(), [3, 4, 3]),
    Row(UpSampling2D(Size2D(3, 2), interpolation: .bilinear), [3, 4, 3]),
    Row(Reshape([2, -1]), [4, 3, 2]), Row(Permute([3, 1, 2]), [4, 3, 2]),
    Row(RepeatVector(3), [5]),
    Row(Subtract(), [4, 3], [4, 1]), Row(Multiply(), [4, 3, 5], [1, 1, 5], [4, 1, 5]),
    Row(Average(), [4, 3], [4, 3], [3]), Row(Maximum(), [4, 3], [4, 3], [1, 3]),
    Row(Minimum(name: "least"), [4, 3], [4, 1]), Row(Add(), [4, 1, 3], [4, 5, 1]),
    Row(Concatenate(), [4, 3], [4, 1], [4, 2]), Row(Concatenate(axis: 1), [4, 3], [2, 3]),
    Row(Dense(3, kernelRegularizer: OrthogonalRegularizer(factor: 0.1)), [4, 5]),
    Row(ActivityRegularization(l1: 0.1, l2: 0.2), [4, 3]),
    Row(Dot(), [5], [5]), Row(Dot(), [4, 3], [2, 3]), Row(Dot(axes: [1, 2]), [3, 4], [2, 3]),
    Row(Dot(axes: [2, 1]), [2, 3, 4], [3, 2, 2]), Row(Dot(axis: 2), [2, 3, 4], [2, 3]),
    Row(Embedding(5, 3), [4, 2], preparing: Indices(count: 5)),
    Row(Embedding(3, 2, embeddingsInitializer: .glorotUniform), [], preparing: Indices(count: 3)),
    Row(PositionEmbedding(), [4, 3]), Row(ClassToken(tokenInitializer: .glorotUniform), [4, 3]),
    Row(MultiHeadAttention(2, keyDim: 3), [5, 4]),
    Row(
      MultiHeadAttention(
        3, keyDim: 2, valueDim: 4, outputDim: 5, usesBias: false, usesCausalMask: true), [4, 6]),
    Row(MultiHeadAttention(2, keyDim: 3, dropout: 0.3), [5, 4]),
    Row(MultiHeadAttention(2, keyDim: 3), [5, 4], [3, 2]),
    Row(MultiHeadAttention(2, keyDim: 3, valueDim: 2), [2, 3, 4], [5, 2], [5, 6]),
  ]

  @Test func everyLayerHasARow() {
    let layers = TypeRegistry.standard.all.filter { $0 is any Layer.Type }.map { "\($0)" }
    #expect(layers.count > 40)
    #expect(Set(layers).subtracting(Self.rows.map { "\(type(of: $0.layer))" }) == [])
  }

  @Test(arguments: rows) func gradientsAreExact(row: Row) throws {
    for batch in [1, 4] {
      let check = try checkGradients(of: row.graph(), batch: batch)
      #expect(check.isPassed, "\(check)")
    }
  }

  @Test(arguments: rows) func bitsDoNotDependOnThreads(row: Row) throws {
    for batch in [1, 33] {
      let runs = try [1, 2, 3, 5].map { threads in
        let run = try LayerRun(row.layer, row.inputs, batch: batch, threads: threads)
        if row.preparing != nil {
          for view in run.inputs.map(\.view) { for i in view.indices { view[i] = Float(i % 3) } }
        }
        run.run()
        return run.bits
      }
      #expect(runs.allSatisfy { $0 == runs[0] })
    }
  }

  @Test(arguments: rows) func configurationsReadBack(row: Row) throws {
    let graph = try row.layerGraph()
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
      let graph = try Row(layer, [4, 4, 3]).layerGraph()
      #expect(try Graph(configuration: graph.configuration()) == graph)
    }
  }

  /// A frozen layer has the gradient of its input and none of its parameters.
  @Test(arguments: rows) func frozenLayersPassGradientsOn(row: Row) throws {
    let trained = try LayerRun(row.layer, row.inputs, batch: 4)
    let frozen = try LayerRun(row.layer, row.inputs, batch: 4, isFrozen: true)
    // Both draw equal parameters.
    for run in [trained, frozen] {
      if row.preparing != nil { for input in run.inputs { input.view.fill(1) } }
      run.run()
    }
    #expect(frozen.gradients.isEmpty)
    // One that is frozen runs as in inference.
    if row.layer is BatchNormalization { return #expect(frozen.outputs != trained.outputs) }
    #expect(frozen.outputs.map(\.bitPattern) == trained.outputs.map(\.bitPattern))
    #expect(frozen.inputGradients == trained.inputGradients)
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
