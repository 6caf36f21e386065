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
/// Each layer reads the output of the one before it, from the input x on:
///
///     for layer in layers { x = forward(layer, x) }
///
/// The layers become the nodes of a ``graph``, whose ``Graph/run(on:_:)`` is this loop. A
/// `Sequential` has no weights: `Model` trains it, and
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
    let first = try builder.addInput(input)
    var last = first
    for part in try layers() {
      switch part {
      case .layer(let layer): last = try builder.add(layer, on: [last])
      case .graph(let graph):
        guard graph.outputs.count == 1 else {
          throw GraphError.outputCount(name: graph.name, graph.outputs.count)
        }
        last = try builder.add(graph, on: [last])[0]
      }
    }
    graph = try builder.graph(name: name, kind: .sequential, inputs: [first], outputs: [last])
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
  public enum Part: Sendable {
    case layer(any Layer)
    case graph(Graph)
  }

  public static func buildExpression(_ layer: some Layer) -> [Part] { [.layer(layer)] }

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
