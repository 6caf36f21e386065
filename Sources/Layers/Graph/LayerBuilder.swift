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
