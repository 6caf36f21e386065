public import PinionTensor

/// A model that is a chain of layers, and of graphs with one input and one output.
///
/// ```swift
/// let model = try Sequential(input: [28, 28, 1]) {
///   Conv2D(32, kernel: 3, padding: .same, activation: .relu)
///   MaxPool2D()
///   Flatten()
///   Dense(10, activation: .softmax)
/// }
/// ```
public struct Sequential: Sendable, Equatable, ModelDefinition {
  /// The layers and their connections.
  public let graph: Graph

  /// A chain of layers on samples of shape `input`, which does not count the batch.
  ///
  /// Throws ``GraphError``, which names the layer, what it needs and what it got.
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

  /// The table of layers, shapes and parameters.
  ///
  /// - Parameter expandingNested: Whether the layers of nested graphs have rows. Default: false.
  public func summary(expandingNested: Bool = false) -> String {
    graph.summary(expandingNested: expandingNested)
  }
}

/// Makes a list of layers and graphs from the lines of a block, with `if`, `switch` and `for` among
/// them.
@resultBuilder
public enum LayerBuilder {
  /// A link of a chain.
  public enum Part: Sendable {
    /// A single layer.
    case layer(any Layer)
    /// A nested graph.
    case graph(Graph)
  }

  /// One layer.
  public static func buildExpression(_ layer: some Layer) -> [Part] { [.layer(layer)] }

  /// Layers from elsewhere.
  public static func buildExpression(_ layers: [any Layer]) -> [Part] { layers.map(Part.layer) }

  /// A graph as one link.
  public static func buildExpression(_ graph: Graph) -> [Part] { [.graph(graph)] }

  /// A chain as one link.
  public static func buildExpression(_ chain: Sequential) -> [Part] { [.graph(chain.graph)] }

  /// Links from another block.
  public static func buildExpression(_ parts: [Part]) -> [Part] { parts }

  /// All lines, one after the other.
  public static func buildBlock(_ parts: [Part]...) -> [Part] { parts.flatMap { $0 } }

  /// An `if` without `else`.
  public static func buildOptional(_ part: [Part]?) -> [Part] { part ?? [] }

  /// The first branch.
  public static func buildEither(first part: [Part]) -> [Part] { part }

  /// The other branch.
  public static func buildEither(second part: [Part]) -> [Part] { part }

  /// A loop.
  public static func buildArray(_ parts: [[Part]]) -> [Part] { parts.flatMap { $0 } }
}
