public import PinionTensor

/// A linear stack of layers, and of graphs with one input and one output.
///
/// ```swift
/// let model = try Sequential(input: [28, 28, 1]) {
///   Conv2D(32, kernel: 3, padding: .same, activation: .relu)
///   MaxPool2D()
///   Flatten()
///   Dense(10, activation: .softmax)
/// }
/// ```
/// Each layer reads the output of the one before it: x = layer(x), from the input on. The
/// initializer connects the layers in this loop; what it makes is a ``graph`` of one path, whose
/// nodes run in the same order, see ``Graph/run(on:_:)``. `Model` trains it, and
/// ```swift
/// let scores = try Predictor(model.network(seed: 0)).predict(images)  // random weights
/// ```
/// runs it untrained.
public struct Sequential: Sendable, Equatable, ModelDefinition {
  public let graph: Graph

  /// - Parameters:
  ///   - input: The shape of one sample.
  ///   - name: The name in summaries.
  ///   - layers: The layers, from input to output.
  ///
  /// Throws ``GraphError``, which names the layer, if a layer has invalid hyperparameters or does
  /// not accept its input.
  public init(
    input: Shape, name: String = "sequential",
    @LayerBuilder layers: () throws -> [LayerBuilder.Part]
  ) throws {
    var builder = GraphBuilder()
    let input = try builder.addInput(input)
    var x = input
    for layer in try layers() { x = try layer.connect(to: x, in: &builder) }
    graph = try builder.graph(name: name, kind: .sequential, inputs: [input], outputs: [x])
  }

  /// A table of layers, output shapes and parameter counts; see
  /// ``Graph/summary(expandingNested:)``.
  public func summary(expandingNested: Bool = false) -> String {
    graph.summary(expandingNested: expandingNested)
  }
}
