public import PinionTensor

/// Layers applied one after another.
///
/// ```swift
/// let model = try Sequential(input: [28, 28, 1]) {
///   Conv2D(32, kernel: 3, padding: .same, activation: .relu)
///   MaxPool2D()
///   Flatten()
///   Dense(10, activation: .softmax)
/// }
/// ```
/// Each layer reads the output of the one before it, the first one the input x:
///
///     for layer in layers { x = forward(layer, x) }
///
/// A graph with one input and one output, or another `Sequential`, may stand among the layers.
///
/// A `Sequential` computes nothing itself and has no weights: its initializer checks shapes and
/// makes a ``graph``. `Model` trains it. To run it with random weights:
/// ```swift
/// let scores = try Predictor(model.network(seed: 0)).predict(images)  // (N, 10)
/// ```
public struct Sequential: Sendable, Equatable, ModelDefinition {
  /// The layers as nodes, in order.
  public let graph: Graph

  /// Connects each layer to the output of the one before it.
  ///
  /// - Parameters:
  ///   - input: The shape of one sample.
  ///   - name: The name in summaries.
  ///   - layers: The layers, from input to output.
  ///
  /// Throws ``GraphError``, which names the layer, if a layer has invalid hyperparameters or does
  /// not accept its input, if a graph among the layers has several inputs or outputs, or if there
  /// are no layers; and the errors of the block.
  public init(
    input: Shape, name: String = "sequential",
    @LayerBuilder layers: () throws -> [LayerBuilder.Part]
  ) throws {
    var builder = GraphBuilder()
    let first = try builder.addInput(input)
    var x = first
    for layer in try layers() { x = try layer.connect(to: x, in: &builder) }
    graph = try builder.graph(name: name, kind: .sequential, inputs: [first], outputs: [x])
  }

  /// A table of layers, output shapes and parameter counts; see
  /// ``Graph/summary(expandingNested:)``.
  public func summary(expandingNested: Bool = false) -> String {
    graph.summary(expandingNested: expandingNested)
  }
}
