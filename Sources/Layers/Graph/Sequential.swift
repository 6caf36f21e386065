public import PinionTensor

/// Describes layers that are applied one after another; `Model` trains them, `Predictor` runs them.
///
/// ```swift
/// let model = try Sequential(input: [28, 28, 1]) {
///   Conv2D(32, kernel: 3, padding: .same, activation: .relu)
///   MaxPool2D()
///   Flatten()
///   Dense(10, activation: .softmax)
/// }
/// // Images are (N, 28, 28, 1), scores (N, 10). The weights are random.
/// let scores = try Predictor(model.network(seed: 0)).predict(images)
/// ```
/// The first layer reads the input, each other one the output of the layer before it. What runs is:
///
///     var x = input
///     for layer in layers { x = forward(layer, x) }
///
/// The initializer checks the shapes and makes a ``graph`` of the layers. A ``Graph`` with one
/// input and one output, or another `Sequential`, may stand among them.
public struct Sequential: Sendable, Equatable, ModelDefinition {
  /// The layers as nodes, in order.
  public let graph: Graph

  /// Connects each layer to the output of the one before it.
  ///
  /// - Parameters:
  ///   - input: The shape of one sample, without the batch's axis.
  ///   - name: The name in summaries.
  ///   - layers: The layers, from input to output.
  ///
  /// Throws what `layers` throws, and ``GraphError``, which names the layer,
  /// - if a layer has invalid hyperparameters or does not accept its input;
  /// - if a graph among the layers has several inputs or outputs;
  /// - if there are no layers.
  public init(
    input: Shape, name: String = "sequential",
    @LayerBuilder layers: () throws -> [LayerBuilder.Part]
  ) throws {
    var builder = GraphBuilder()
    let inputValue = try builder.addInput(input)
    var x = inputValue
    for layer in try layers() { x = try layer.connect(to: x, in: &builder) }
    graph = try builder.graph(name: name, kind: .sequential, inputs: [inputValue], outputs: [x])
  }

  /// A table of layers, output shapes and parameter counts; see
  /// ``Graph/summary(expandingNested:)``.
  public func summary(expandingNested: Bool = false) -> String {
    graph.summary(expandingNested: expandingNested)
  }
}

/// Collects the layers and graphs in a block, which may contain `if`, `switch` and `for`.
@resultBuilder
public enum LayerBuilder {
  /// An entry of the block.
  public enum Part: Sendable {
    case layer(any Layer)
    case graph(Graph)

    /// Adds the layer or graph with the input x, and returns the identifier of its output.
    func connect(to x: ValueID, in builder: inout GraphBuilder) throws -> ValueID {
      switch self {
      case .layer(let layer): return try builder.add(layer, on: [x])
      case .graph(let graph):
        guard graph.outputs.count == 1 else {
          throw GraphError.outputCount(name: graph.name, graph.outputs.count)
        }
        return try builder.add(graph, on: [x])[0]
      }
    }
  }

  public static func buildExpression(_ layer: some Layer) -> [Part] { [.layer(layer)] }

  /// Layers in a list, such as a function's result.
  public static func buildExpression(_ layers: [any Layer]) -> [Part] { layers.map(Part.layer) }

  public static func buildExpression(_ graph: Graph) -> [Part] { [.graph(graph)] }

  public static func buildExpression(_ chain: Sequential) -> [Part] { [.graph(chain.graph)] }

  public static func buildExpression(_ parts: [Part]) -> [Part] { parts }

  public static func buildBlock(_ parts: [Part]...) -> [Part] { parts.flatMap { $0 } }

  public static func buildOptional(_ part: [Part]?) -> [Part] { part ?? [] }

  public static func buildEither(first part: [Part]) -> [Part] { part }

  public static func buildEither(second part: [Part]) -> [Part] { part }

  public static func buildArray(_ parts: [[Part]]) -> [Part] { parts.flatMap { $0 } }
}
